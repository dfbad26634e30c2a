package servicecatalog

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"hubmend/internal/lab/apicall"
)

// object is a JSON object.
type object = map[string]any

// catalogAPIs are the calls of Service Catalog that the lab answers, with c.mu held.
var catalogAPIs = map[string]func(*Catalog, apicall.Request) (any, error){
	"SearchProducts": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.searchProducts)
	},
	"DescribeProduct": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.describeProduct)
	},
	"ListLaunchPaths": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.listLaunchPaths)
	},
	"DescribeProvisioningParameters": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.describeParameters)
	},
	"ProvisionProduct": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.provisionProduct)
	},
	"UpdateProvisionedProduct": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.updateProvisioned)
	},
	"TerminateProvisionedProduct": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.terminateProvisioned)
	},
	"DescribeRecord": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.describeRecord)
	},
	"SearchProvisionedProducts": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.searchProvisioned)
	},
	"DescribeProvisionedProduct": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.describeProvisioned)
	},
	"GetProvisionedProductOutputs": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.outputs)
	},
	"ListPortfolios": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.listPortfolios)
	},
	"CreatePortfolioShare": func(c *Catalog, q apicall.Request) (any, error) { return apicall.DecodeAnd(q, c.share) },
	"DescribePortfolioShareStatus": func(c *Catalog, q apicall.Request) (any,
		error) {
		return apicall.DecodeAnd(q, c.shareStatus)
	},
}

// Serve answers a call of Service Catalog.
func (c *Catalog) Serve(q apicall.Request) (any, error) {
	api := catalogAPIs[q.API]
	if api == nil {
		return nil, &apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented",
			Message: fmt.Sprintf("the lab's Service Catalog has no %s (docs/lab.md lists what it has)", q.API)}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return api(c, q)
}

// unfiltered refuses filters that the lab does not know.
func unfiltered(filters map[string][]string, but ...string) error {
	for name := range filters {
		if !slices.Contains(but, name) {
			return apicall.Refuse("InvalidParametersException", "the lab does not know the filter %s", name)
		}
	}
	return nil
}

func (c *Catalog) searchProducts(q apicall.Request, in struct{ Filters map[string][]string }) (any, error) {
	views := []object{}
	for _, o := range c.offersTo(q) {
		views = append(views, c.product(o.product).view())
	}
	return object{"ProductViewSummaries": views, "ProductViewAggregations": object{}}, unfiltered(in.Filters)
}

func (p *product) view() object {
	return object{
		"Id": strings.Replace(p.id, "prod-", "prodview-", 1), "ProductId": p.id, "Name": p.name, "Owner": p.owner,
		"ShortDescription": p.description, "Type": "CLOUD_FORMATION_TEMPLATE", "HasDefaultPath": false,
	}
}

// offered finds a product that the caller may launch, by its id or by its name.
func (c *Catalog) offered(q apicall.Request, id, name string) (*offer, *product, error) {
	for _, o := range c.offersTo(q) {
		if p := c.product(o.product); id != "" && p.id == id || id == "" && p.name == name {
			return o, p, nil
		}
	}
	return nil, nil, apicall.Refuse("ResourceNotFoundException", "Product %s not found.", cmp.Or(id, name))
}

func (c *Catalog) describeProduct(q apicall.Request, in struct{ ID, Name string }) (any, error) {
	o, p, err := c.offered(q, in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	versions := []object{}
	for _, v := range p.versions {
		versions = append(versions,
			object{"Id": v.id, "Name": v.name, "CreatedTime": apicall.Epoch(p.made), "Guidance": "DEFAULT"})
	}
	return object{"ProductViewSummary": p.view(), "ProvisioningArtifacts": versions,
		"LaunchPaths": []object{{"Id": o.portfolio, "Name": c.portfolio(o.portfolio).name}}}, nil
}

func (c *Catalog) listLaunchPaths(q apicall.Request, in struct{ ProductID string }) (any, error) {
	paths := []object{}
	for _, o := range c.offersTo(q) {
		if o.product != in.ProductID {
			continue
		}
		constraints := []object{}
		if o.role != "" {
			constraints = append(constraints, object{"Type": "LAUNCH", "Description": "Launch as " + o.role})
		}
		paths = append(paths,
			object{"Id": o.portfolio, "Name": c.portfolio(o.portfolio).name, "ConstraintSummaries": constraints})
	}
	if len(paths) == 0 {
		return nil, apicall.Refuse("ResourceNotFoundException", "Product %s not found.", in.ProductID)
	}
	return object{"LaunchPathSummaries": paths}, nil
}

func (c *Catalog) describeParameters(q apicall.Request,
	in struct{ ProductID, ProductName, ProvisioningArtifactID, ProvisioningArtifactName string }) (any, error) {
	_, p, err := c.offered(q, in.ProductID, in.ProductName)
	if err != nil {
		return nil, err
	}
	v, err := p.version(in.ProvisioningArtifactID, in.ProvisioningArtifactName)
	if err != nil {
		return nil, err
	}
	t, err := c.template(c.lab.Context, p, v)
	if err != nil {
		return nil, err
	}
	all := []object{}
	for _, d := range t.Parameters() {
		all = append(all, object{
			"ParameterKey": d.Name, "DefaultValue": d.Default, "ParameterType": d.Type, "IsNoEcho": d.NoEcho,
			"Description":          d.Description,
			"ParameterConstraints": object{"AllowedValues": d.AllowedValues},
		})
	}
	return object{"ProvisioningArtifactParameters": all, "ConstraintSummaries": []object{}}, nil
}

// given is a parameter of a launch or an update.
type given struct {
	Key, Value       string
	UsePreviousValue bool
}

var launchName = func(name string) bool {
	return name != "" && len(name) <= 128 && strings.IndexFunc(name, func(r rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", r)
	}) < 0 && !strings.ContainsAny(name[:1], "._-")
}

func (c *Catalog) provisionProduct(q apicall.Request, in struct {
	ProductID, ProductName, ProvisioningArtifactID, ProvisioningArtifactName, PathID string
	ProvisionedProductName, ProvisionToken                                           string
	ProvisioningParameters                                                           []given
}) (any, error) {
	if in.ProvisionToken == "" || !launchName(in.ProvisionedProductName) {
		return nil, apicall.Refuse("ValidationException",
			"ProvisionToken is needed, and ProvisionedProductName must match [a-zA-Z0-9][a-zA-Z0-9._-]*: %q",
			in.ProvisionedProductName)
	}
	if r := c.repeated(q, in.ProvisionToken); r != nil {
		return object{"RecordDetail": r.detail()}, nil
	}
	o, p, err := c.offered(q, in.ProductID, in.ProductName)
	if err != nil {
		return nil, err
	}
	v, err := p.version(in.ProvisioningArtifactID, in.ProvisioningArtifactName)
	if err != nil {
		return nil, err
	}
	if _, err := c.find(q, "", in.ProvisionedProductName); err == nil {
		return nil, apicall.Refuse("DuplicateResourceException", "A provisioned product named %s already exists.",
			in.ProvisionedProductName)
	}
	parameters := map[string]string{}
	for _, g := range in.ProvisioningParameters {
		parameters[g.Key] = g.Value
	}
	if err := c.known(p, v, parameters); err != nil {
		return nil, err
	}
	one, r := c.begin(q, o, v, in.ProvisionedProductName, parameters)
	r.token = in.ProvisionToken
	c.start(one, r, parameters)
	return object{"RecordDetail": r.detail()}, nil
}

// known refuses parameters that are not in the template.
func (c *Catalog) known(p *product, v artifact, parameters map[string]string) error {
	t, err := c.template(c.lab.Context, p, v)
	if err != nil {
		return err
	}
	all := map[string]bool{}
	for _, d := range t.Parameters() {
		all[d.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if !all[name] {
			return apicall.Refuse("InvalidParametersException", "Parameters: [%s] do not exist in the template", name)
		}
	}
	return nil
}

// repeated finds the operation that a token began: an SDK sends the same token when it retries.
func (c *Catalog) repeated(q apicall.Request, token string) *record {
	for _, r := range c.records {
		if r.token == token && r.of.Account == q.Caller.Account {
			return r
		}
	}
	return nil
}

// start runs an operation in the background.
func (c *Catalog) start(one *launched, r *record, parameters map[string]string) {
	c.lab.Activity.Do(func() { c.run(c.lab.Context, one, r, parameters) })
}

func (c *Catalog) updateProvisioned(q apicall.Request, in struct {
	ProvisionedProductID, ProvisionedProductName, ProductID, ProductName, PathID string
	ProvisioningArtifactID, ProvisioningArtifactName, UpdateToken                string
	ProvisioningParameters                                                       []given
}) (any, error) {
	if r := c.repeated(q, in.UpdateToken); r != nil {
		return object{"RecordDetail": r.detail()}, nil
	}
	one, err := c.changeable(q, in.ProvisionedProductID, in.ProvisionedProductName)
	if err != nil {
		return nil, err
	}
	v := one.version
	if in.ProvisioningArtifactID != "" || in.ProvisioningArtifactName != "" {
		if v, err = one.product.version(in.ProvisioningArtifactID, in.ProvisioningArtifactName); err != nil {
			return nil, err
		}
	}
	t, err := c.template(c.lab.Context, one.product, v)
	if err != nil {
		return nil, err
	}
	parameters := one.previous(t)
	changed := map[string]string{}
	for _, g := range in.ProvisioningParameters {
		if !g.UsePreviousValue {
			changed[g.Key] = g.Value
		}
	}
	if err := c.known(one.product, v, changed); err != nil {
		return nil, err
	}
	maps.Copy(parameters, changed)
	r := c.note(q, one, reprovision, v, in.UpdateToken)
	c.start(one, r, parameters)
	return object{"RecordDetail": r.detail()}, nil
}

func (c *Catalog) terminateProvisioned(q apicall.Request, in struct {
	ProvisionedProductID, ProvisionedProductName, TerminateToken string
	IgnoreErrors                                                 bool
}) (any, error) {
	if r := c.repeated(q, in.TerminateToken); r != nil {
		return object{"RecordDetail": r.detail()}, nil
	}
	one, err := c.changeable(q, in.ProvisionedProductID, in.ProvisionedProductName)
	if err != nil {
		return nil, err
	}
	r := c.note(q, one, terminating, one.version, in.TerminateToken)
	c.start(one, r, nil)
	return object{"RecordDetail": r.detail()}, nil
}

func (c *Catalog) changeable(q apicall.Request, id, name string) (*launched, error) {
	one, err := c.find(q, id, name)
	if err == nil && one.status == launchedUnderChange {
		return nil, apicall.Refuse("InvalidParametersException",
			"Provisioned product %s is in UNDER_CHANGE state and cannot be changed.", one.name)
	}
	return one, err
}
