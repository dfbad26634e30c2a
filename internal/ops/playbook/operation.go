package playbook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/nearmatch"
	"hubmend/internal/engine/naming"
)

// Record is an operation under way, or how it ended.
type Record struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
}

// Ended reports whether the operation is over.
func (r Record) Ended() bool { return r.Succeeded() || r.Status == string(types.RecordStatusFailed) }

// Succeeded reports whether the operation succeeded.
func (r Record) Succeeded() bool { return r.Status == string(types.RecordStatusSucceeded) }

func recordOf(d *types.RecordDetail) Record {
	r := Record{ID: *d.RecordId, Status: string(d.Status)}
	var reasons []string
	for _, e := range d.RecordErrors {
		reasons = append(reasons, oneLine(aws.ToString(e.Description)))
	}
	r.Error = strings.Join(reasons, "; ")
	return r
}

// Launch begins to launch a version of a product under a name.
func (c Catalog) Launch(ctx context.Context, p Product, v Version, name string, parameters map[string]string) (Record,
	error) {
	parameters, err := c.resolve(ctx, p, v, parameters)
	if err != nil {
		return Record{}, err
	}
	in := servicecatalog.ProvisionProductInput{ProductId: &p.ID, ProvisioningArtifactId: &v.ID, PathId: p.path,
		ProvisionedProductName: &name}
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		in.ProvisioningParameters = append(in.ProvisioningParameters,
			types.ProvisioningParameter{Key: aws.String(key), Value: aws.String(parameters[key])})
	}
	out, err := c.Client.ProvisionProduct(ctx, &in)
	var exists *types.DuplicateResourceException
	if errors.As(err, &exists) {
		return Record{}, fmt.Errorf("something is launched as %s already; give another --name", name)
	}
	if err != nil {
		return Record{}, c.explain("launch "+p.Name, err)
	}
	return recordOf(out.RecordDetail), nil
}

// Update begins to change what is launched to a version and parameters. Parameters that are
// not given stay as they are.
func (c Catalog) Update(ctx context.Context, p Product, l Launched, v Version, parameters map[string]string) (Record,
	error) {
	parameters, err := c.resolve(ctx, p, v, parameters)
	if err != nil {
		return Record{}, err
	}
	in := servicecatalog.UpdateProvisionedProductInput{ProvisionedProductId: &l.ID, ProductId: &l.productID,
		ProvisioningArtifactId: &v.ID, PathId: p.path}
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		in.ProvisioningParameters = append(in.ProvisioningParameters,
			types.UpdateProvisioningParameter{Key: aws.String(key), Value: aws.String(parameters[key])})
	}
	out, err := c.Client.UpdateProvisionedProduct(ctx, &in)
	if err != nil {
		return Record{}, c.explain("update "+l.Name, err)
	}
	return recordOf(out.RecordDetail), nil
}

// Terminate begins to remove what was launched.
func (c Catalog) Terminate(ctx context.Context, l Launched) (Record, error) {
	out, err := c.Client.TerminateProvisionedProduct(ctx,
		&servicecatalog.TerminateProvisionedProductInput{ProvisionedProductId: &l.ID})
	if err != nil {
		return Record{}, c.explain("terminate "+l.Name, err)
	}
	return recordOf(out.RecordDetail), nil
}

// Await waits until a record ends, and tells of each look at it.
func (c Catalog) Await(ctx context.Context, r Record, tell func(Record)) (Record, error) {
	tell(r)
	for look := 0; !r.Ended(); look++ {
		select {
		case <-ctx.Done():
			return r, errors.New(
				"stopped waiting, but the operation continues; `hubmend playbook status` shows the progress")
		case <-time.After(interval(look)):
		}
		out, err := c.Client.DescribeRecord(ctx, &servicecatalog.DescribeRecordInput{Id: &r.ID})
		if ctx.Err() != nil {
			continue
		}
		if err != nil {
			return r, c.explain("look at record "+r.ID, err)
		}
		r = recordOf(out.RecordDetail)
		tell(r)
	}
	return r, nil
}

// resolve gives the parameters by the names that the version has for them: a group's id stands for its parameter. It
// refuses parameters that the version does not have and values that it does not take, before anything begins.
func (c Catalog) resolve(ctx context.Context, p Product, v Version, parameters map[string]string) (map[string]string,
	error) {
	if len(parameters) == 0 {
		return nil, nil
	}
	out, err := c.Client.DescribeProvisioningParameters(ctx,
		&servicecatalog.DescribeProvisioningParametersInput{ProductId: &p.ID, ProvisioningArtifactId: &v.ID,
			PathId: p.path})
	if err != nil {
		return nil, c.explain("read the parameters of "+p.Name, err)
	}
	allowed := map[string][]string{}
	for _, one := range out.ProvisioningArtifactParameters {
		key := aws.ToString(one.ParameterKey)
		allowed[key] = []string{}
		if one.ParameterConstraints != nil {
			allowed[key] = one.ParameterConstraints.AllowedValues
		}
	}
	resolved := map[string]string{}
	for _, given := range slices.Sorted(maps.Keys(parameters)) {
		key, value, err := match(given, parameters[given], allowed)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", p.Name, v.Name, err)
		}
		if other, twice := resolved[key]; twice && other != value {
			return nil, fmt.Errorf("%s is set to both %s and %s", key, other, value)
		}
		resolved[key] = value
	}
	return resolved, nil
}

// match finds the parameter and the value that a person means, in any case.
func match(given, value string, allowed map[string][]string) (key, meant string, err error) {
	names := slices.Sorted(maps.Keys(allowed))
	group := catalog.Group{ID: given}
	i := slices.IndexFunc(names, func(name string) bool {
		return strings.EqualFold(name, given) || strings.EqualFold(name, group.Parameter())
	})
	if i < 0 {
		return "", "", nearmatch.Unknown("parameter", given, names, "the parameters are "+strings.Join(names, ", "))
	}
	key, values := names[i], allowed[names[i]]
	for _, v := range values {
		if strings.EqualFold(v, value) {
			return key, v, nil
		}
	}
	if len(values) > 0 {
		return "", "", fmt.Errorf("%s must be %s, not %q", key, strings.Join(values, " or "), value)
	}
	return key, value, nil
}

// Portfolio finds the portfolio of playbooks.
func (c Catalog) Portfolio(ctx context.Context) (string, error) {
	pages := servicecatalog.NewListPortfoliosPaginator(c.Client, &servicecatalog.ListPortfoliosInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", c.explain("list portfolios", err)
		}
		for _, p := range page.PortfolioDetails {
			if aws.ToString(p.DisplayName) == naming.Portfolio {
				return *p.Id, nil
			}
		}
	}
	return "", fmt.Errorf(
		"there is no portfolio %q in %s; deploy hubmend-admin first, or choose the administrator's account and "+
			"home Region", naming.Portfolio, c.Region)
}

// Share shares the portfolio with a node of the organization, or with an account when the
// type is ACCOUNT, and on demand the names of the principals that may use it. Sharing twice
// changes nothing.
func (c Catalog) Share(ctx context.Context, portfolio string, with types.OrganizationNode, principals bool) error {
	in := servicecatalog.CreatePortfolioShareInput{PortfolioId: &portfolio, OrganizationNode: &with,
		SharePrincipals: principals}
	out, err := c.Client.CreatePortfolioShare(ctx, &in)
	if err != nil {
		return c.explain("share the portfolio with "+*with.Value, err)
	}
	for look := 0; out.PortfolioShareToken != nil; look++ {
		status, err := c.Client.DescribePortfolioShareStatus(ctx,
			&servicecatalog.DescribePortfolioShareStatusInput{PortfolioShareToken: out.PortfolioShareToken})
		if err != nil {
			return c.explain("look how the sharing goes", err)
		}
		switch status.Status {
		case types.ShareStatusCompleted:
			return nil
		case types.ShareStatusCompletedWithErrors, types.ShareStatusError:
			return fmt.Errorf("share the portfolio with %s: %s", *with.Value, failures(status.ShareDetails))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(interval(look)):
		}
	}
	return nil
}

func failures(d *types.ShareDetails) string {
	var all []string
	if d != nil {
		for _, e := range d.ShareErrors {
			all = append(all, fmt.Sprintf("%s (%s)", oneLine(aws.ToString(e.Message)), strings.Join(e.Accounts, ", ")))
		}
	}
	if len(all) == 0 {
		return "Service Catalog does not say why"
	}
	return strings.Join(all, "; ")
}
