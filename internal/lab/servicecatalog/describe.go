package servicecatalog

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/lab/apicall"
)

func (r *record) detail() object {
	failures := []object{}
	if r.failure != "" {
		failures = append(failures, object{"Code": "CloudFormation", "Description": r.failure})
	}
	return object{
		"RecordId": r.id, "RecordType": r.kind, "Status": r.status, "RecordErrors": failures,
		"CreatedTime": apicall.Epoch(r.made), "UpdatedTime": apicall.Epoch(r.changed),
		"ProvisionedProductId": r.of.id, "ProvisionedProductName": r.of.name, "ProvisionedProductType": "CFN_STACK",
		"ProductId": r.of.product.id, "ProvisioningArtifactId": r.version.id, "PathId": r.of.path,
		"RecordTags": []object{},
	}
}

func (c *Catalog) describeRecord(q apicall.Request, in struct{ ID string }) (any, error) {
	for _, r := range c.records {
		if r.id == in.ID && r.of.Account == q.Caller.Account {
			return object{"RecordDetail": r.detail(), "RecordOutputs": outputs(r.outputs)}, nil
		}
	}
	return nil, apicall.Refuse("ResourceNotFoundException", "Record %s not found.", in.ID)
}

func outputs(all map[string]string) []object {
	list := []object{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, object{"OutputKey": name, "OutputValue": all[name]})
	}
	return list
}

func (c *Catalog) outputs(q apicall.Request, in struct{ ProvisionedProductID, ProvisionedProductName string }) (any,
	error) {
	one, err := c.find(q, in.ProvisionedProductID, in.ProvisionedProductName)
	if err != nil || one.stack == nil {
		return object{"Outputs": []object{}}, err
	}
	return object{"Outputs": outputs(one.stack.Outputs())}, nil
}

func (c *Catalog) searchProvisioned(q apicall.Request, in struct{ Filters map[string][]string }) (any, error) {
	all := []object{}
	for _, one := range c.here(q) {
		if searched(one, in.Filters["SearchQuery"]) {
			all = append(all, one.attributes())
		}
	}
	return object{"ProvisionedProducts": all, "TotalResultsCount": len(all)}, unfiltered(in.Filters, "SearchQuery")
}

// searched reports whether a provisioned product matches a query productId:<id>.
func searched(one *launched, query []string) bool {
	for _, q := range query {
		if id, ok := strings.CutPrefix(q, "productId:"); !ok || id != one.product.id {
			return false
		}
	}
	return true
}

func (l *launched) attributes() object {
	a := object{
		"Id": l.id, "Name": l.name, "Arn": l.arn(), "Type": "CFN_STACK", "Status": l.status, "StatusMessage": l.message,
		"CreatedTime":  apicall.Epoch(l.made),
		"LastRecordId": l.records[len(l.records)-1].id, "ProductId": l.product.id, "ProductName": l.product.name,
		"ProvisioningArtifactId": l.version.id, "ProvisioningArtifactName": l.version.name, "UserArn": l.launchedBy,
	}
	for _, r := range l.records {
		if r.kind != terminating && r.status == recordSucceeded {
			a["LastSuccessfulProvisioningRecordId"] = r.id
		}
	}
	return a
}

func (l *launched) arn() string {
	return "arn:" + l.Partition() + ":servicecatalog:" + l.Region + ":" + l.Account + ":stack/" + l.name + "/" + l.id
}

func (c *Catalog) describeProvisioned(q apicall.Request, in struct{ ID, Name string }) (any, error) {
	one, err := c.find(q, in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	detail := one.attributes()
	for _, name := range []string{"ProductName", "ProvisioningArtifactName", "UserArn"} {
		delete(detail, name) // SearchProvisionedProducts alone has them
	}
	return object{"ProvisionedProductDetail": detail, "CloudWatchDashboards": []object{}}, nil
}

func (c *Catalog) listPortfolios(q apicall.Request, _ map[string]any) (any, error) {
	all := []object{}
	for _, p := range c.portfolios {
		if p.Account == q.Caller.Account && p.Region == q.Region {
			all = append(all, object{"Id": p.id, "DisplayName": p.name, "ProviderName": p.provider,
				"Description": p.description, "CreatedTime": apicall.Epoch(p.made)})
		}
	}
	return object{"PortfolioDetails": all}, nil
}

var nodes = map[string]*regexp.Regexp{
	"ORGANIZATION":        regexp.MustCompile(`^o-[a-z0-9]{10,32}$`),
	"ORGANIZATIONAL_UNIT": regexp.MustCompile(`^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$`),
	"ACCOUNT":             regexp.MustCompile(`^\d{12}$`),
}

func (c *Catalog) share(q apicall.Request, in struct {
	PortfolioID, AccountID string
	OrganizationNode       struct{ Type, Value string }
	SharePrincipals        bool
}) (any, error) {
	p := c.portfolio(in.PortfolioID)
	if p == nil || p.Account != q.Caller.Account || p.Region != q.Region {
		return nil, apicall.Refuse("ResourceNotFoundException", "Portfolio %s not found.", in.PortfolioID)
	}
	s := portfolioShare{Type: in.OrganizationNode.Type, Value: in.OrganizationNode.Value, Token: newID("share-")}
	if in.AccountID != "" {
		s = portfolioShare{Type: "ACCOUNT", Value: in.AccountID}
	}
	if form := nodes[s.Type]; form == nil || !form.MatchString(s.Value) {
		return nil, apicall.Refuse("InvalidParametersException", "%s %q is not valid", s.Type, s.Value)
	}
	if s.Type == "ORGANIZATION" && s.Value != c.lab.Organization {
		return nil, apicall.Refuse("InvalidParametersException", "the account is not in the organization %s", s.Value)
	}
	p.shares = append(p.shares, s)
	if s.Token == "" {
		return object{}, nil
	}
	return object{"PortfolioShareToken": s.Token}, nil
}

func (c *Catalog) shareStatus(q apicall.Request, in struct{ PortfolioShareToken string }) (any, error) {
	for _, p := range c.portfolios {
		for _, s := range p.shares {
			if s.Token == in.PortfolioShareToken && p.Account == q.Caller.Account {
				return object{
					"PortfolioShareToken": s.Token, "PortfolioId": p.id, "OrganizationNodeValue": s.Value,
					"Status":       "COMPLETED",
					"ShareDetails": object{"SuccessfulShares": []string{}, "ShareErrors": []object{}},
				}, nil
			}
		}
	}
	return nil, apicall.Refuse("ResourceNotFoundException", "Share %s not found.", in.PortfolioShareToken)
}
