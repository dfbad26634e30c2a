// Package playbook launches playbooks from AWS Service Catalog as the console does: it finds
// the products that the caller may launch, begins operations and waits for their records.
//
// It knows nothing of what is in a product. Its errors say what to do about them.
package playbook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/naming"
)

// Catalog is Service Catalog in an account and Region.
type Catalog struct {
	Client *servicecatalog.Client
	Region string
}

// Product is a playbook that the caller may launch.
type Product struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Versions []Version `json:"versions"` // the latest first
	path     *string
}

// Version is a version of a product.
type Version struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Deprecated bool   `json:"deprecated,omitempty"`
}

// Launched is a product that somebody launched.
type Launched struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
	By      string `json:"by"` // ARN
	Record  string `json:"record"`
	// Failed says that no launch ever succeeded: all that is there is an empty stack.
	Failed bool `json:"failed,omitempty"`

	productID string
}

// Latest returns the latest version that is not deprecated. If all are, it returns the latest of them.
func (p Product) Latest() Version {
	for _, v := range p.Versions {
		if !v.Deprecated {
			return v
		}
	}
	return p.Versions[0]
}

// Version gives a version by its name.
func (p Product) Version(name string) (Version, error) {
	var names []string
	for _, v := range p.Versions {
		if v.Name == name {
			return v, nil
		}
		names = append(names, v.Name)
	}
	return Version{}, fmt.Errorf("%s has no version %s; it has %s", p.Name, name, strings.Join(names, ", "))
}

// Products lists what the caller may launch. None is not an error.
func (c Catalog) Products(ctx context.Context) ([]Product, error) {
	var all []Product
	pages := servicecatalog.NewSearchProductsPaginator(c.Client, &servicecatalog.SearchProductsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.explain("list products", err)
		}
		for _, view := range page.ProductViewSummaries {
			if aws.ToString(view.Owner) != naming.ProductOwner {
				continue // somebody else's
			}
			p, err := c.describe(ctx, view)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
	}
	return all, nil
}

func (c Catalog) describe(ctx context.Context, view types.ProductViewSummary) (Product, error) {
	p := Product{ID: *view.ProductId, Name: *view.Name}
	out, err := c.Client.DescribeProduct(ctx, &servicecatalog.DescribeProductInput{Id: view.ProductId})
	if err != nil {
		return Product{}, c.explain("describe "+p.Name, err)
	}
	for _, v := range out.ProvisioningArtifacts {
		p.Versions = append(p.Versions,
			Version{ID: *v.Id, Name: *v.Name, Deprecated: v.Guidance == types.ProvisioningArtifactGuidanceDeprecated})
	}
	if len(p.Versions) == 0 {
		return Product{}, fmt.Errorf("%s has no version to launch; deploy hubmend-admin again", p.Name)
	}
	slices.SortFunc(p.Versions, func(a, b Version) int { return compare(b.Name, a.Name) })
	p.path, err = c.path(ctx, p)
	return p, err
}

// path chooses how to launch a product that is in several portfolios: under a launch role.
func (c Catalog) path(ctx context.Context, p Product) (*string, error) {
	out, err := c.Client.ListLaunchPaths(ctx, &servicecatalog.ListLaunchPathsInput{ProductId: &p.ID})
	if err != nil {
		return nil, c.explain("list launch paths of "+p.Name, err)
	}
	for _, path := range out.LaunchPathSummaries {
		for _, constraint := range path.ConstraintSummaries {
			if aws.ToString(constraint.Type) == "LAUNCH" {
				return path.Id, nil
			}
		}
	}
	return nil, nil //nolint:nilnil // Service Catalog takes the only one
}

// compare orders versions. Names that are none come first.
func compare(a, b string) int {
	one, errOne := semver.StrictNewVersion(a)
	two, errTwo := semver.StrictNewVersion(b)
	switch {
	case errOne != nil && errTwo != nil:
		return strings.Compare(a, b)
	case errOne != nil:
		return -1
	case errTwo != nil:
		return 1
	}
	return one.Compare(two)
}

// Launched lists where a product is launched in the account and Region, by whomever.
func (c Catalog) Launched(ctx context.Context, p Product) ([]Launched, error) {
	var all []Launched
	pages := servicecatalog.NewSearchProvisionedProductsPaginator(c.Client,
		&servicecatalog.SearchProvisionedProductsInput{
			AccessLevelFilter: &types.AccessLevelFilter{Key: types.AccessLevelFilterKeyAccount,
				Value: aws.String("self")},
			Filters: map[string][]string{"SearchQuery": {"productId:" + p.ID}},
		})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.explain("list what is launched", err)
		}
		for _, l := range page.ProvisionedProducts {
			all = append(all, Launched{
				ID: *l.Id, Name: *l.Name, Version: aws.ToString(l.ProvisioningArtifactName), Status: string(l.Status),
				Message: oneLine(aws.ToString(l.StatusMessage)),
				By:      aws.ToString(l.UserArn), Record: aws.ToString(l.LastRecordId), productID: p.ID,
				Failed: l.Status == types.ProvisionedProductStatusError && l.LastSuccessfulProvisioningRecordId == nil,
			})
		}
	}
	return all, nil
}

// Settings gives the outputs of what was launched, by name: how its groups are set.
func (c Catalog) Settings(ctx context.Context, l Launched) (map[string]string, error) {
	all := map[string]string{}
	pages := servicecatalog.NewGetProvisionedProductOutputsPaginator(c.Client,
		&servicecatalog.GetProvisionedProductOutputsInput{ProvisionedProductId: &l.ID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.explain("read how "+l.Name+" is set", err)
		}
		for _, o := range page.Outputs {
			all[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return all, nil
}

// explain says what to do about an error of Service Catalog.
func (c Catalog) explain(what string, err error) error {
	text := oneLine(err.Error())
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: interrupted", what)
	case awserr.IsExpired(err):
		return fmt.Errorf("%s: the AWS credentials have expired; log in again", what)
	case awserr.IsNotEnabled(err):
		return fmt.Errorf("%s: %s does not know these AWS credentials; log in again, or choose another AWS_PROFILE "+
			"or AWS_REGION (%s)", what, c.Region, oneLine(awserr.Message(err)))
	case strings.HasPrefix(awserr.Code(err), "AccessDenied"):
		return fmt.Errorf("%s: access denied for these AWS credentials: attach the policy %s, or %s, to their role "+
			"(%s)", what, naming.CatalogUserPolicy, naming.CatalogAdministratorPolicy, oneLine(awserr.Message(err)))
	case strings.Contains(text, "no such host") || strings.Contains(text, "connection refused"):
		return fmt.Errorf("%s: Service Catalog does not respond in %s; check AWS_REGION, AWS_ENDPOINT_URL and the "+
			"network (%s)",
			what, c.Region, text)
	}
	return fmt.Errorf("%s: %s", what, oneLine(awserr.Message(err)))
}

// oneLine makes a text of AWS fit for a terminal and one line of it.
func oneLine(text string) string {
	printable := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(printable), " ")
}

// interval is how long to wait before the next look at a record: less at first, because most
// operations take seconds, and so that a long one is not asked for all the time.
func interval(look int) time.Duration {
	return min(time.Duration(look+1)*200*time.Millisecond, 5*time.Second)
}
