// Package servicecatalog is Service Catalog: portfolios, products, and what users launch from them as stacks.
package servicecatalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cfn"
	"hubmend/internal/lab/cloudformation"
	"hubmend/internal/lab/world"
)

// Catalog holds the portfolios and products that templates created, and the provisioned products.
type Catalog struct {
	lab    *world.World
	stacks *cloudformation.Stacks
	from   productTemplates
	roles  launchRoles

	mu         sync.Mutex
	portfolios []*portfolio
	products   []*product
	offers     []*offer
	launched   []*launched
	records    []*record
}

// productTemplates reads the templates of products from S3.
type productTemplates interface {
	Template(ctx context.Context, at apicall.Place, url string) (*cfn.Template, error)
}

// launchRoles opens sessions of launch roles.
type launchRoles interface {
	Assume(role, session string, who policy.Request) (apicall.Credentials, apicall.Caller, error)
}

// New gives a Service Catalog without portfolios.
func New(w *world.World, stacks *cloudformation.Stacks, from productTemplates, roles launchRoles) *Catalog {
	return &Catalog{lab: w, stacks: stacks, from: from, roles: roles}
}

type portfolio struct {
	apicall.Place
	id, name, provider, description string
	made                            time.Time
	principals                      map[string]string // patterns of ARNs, by the association's id
	shares                          []portfolioShare
}

// portfolioShare shares a portfolio with an account or a node of an organization.
type portfolioShare struct{ Type, Value, Token string }

// product is a Service Catalog product of the admin stack.
type product struct {
	apicall.Place
	id, name, owner, description string
	made                         time.Time
	versions                     []artifact // the latest last
}

// artifact is a version of a product.
type artifact struct {
	id, name, templateURL string
}

// offer is a product in a portfolio, with its launch constraint.
type offer struct {
	portfolio, product string // ids
	association        bool
	role               string // name of the launch role; empty without a constraint
}

// launched is a provisioned product.
type launched struct {
	apicall.Place
	id, name   string
	product    *product
	version    artifact
	path       string // id of the portfolio
	launchedBy string // ARN
	made       time.Time
	status     string
	message    string
	stack      *cloudformation.Stack // nil before the first operation
	records    []*record
	parameters map[string]string
}

// record is an operation on a provisioned product.
type record struct {
	of              *launched
	id, kind, token string
	version         artifact
	by              string
	made, changed   time.Time
	status, failure string
	outputs         map[string]string
}

// Statuses of provisioned products and of records.
const (
	launchedAvailable   = "AVAILABLE"
	launchedUnderChange = "UNDER_CHANGE"
	launchedTainted     = "TAINTED"
	launchedError       = "ERROR"

	recordCreated    = "CREATED"
	recordInProgress = "IN_PROGRESS"
	recordSucceeded  = "SUCCEEDED"
	recordFailed     = "FAILED"
)

// newArtifact makes a version. As in AWS, it keeps its id as long as its name and template stay. Changing either
// removes the version from those who launched it.
func newArtifact(product, name, templateURL string) artifact {
	sum := sha256.Sum256([]byte(product + name + templateURL))
	return artifact{"pa-" + hex.EncodeToString(sum[:7]), name, templateURL}
}

// mayUse reports whether a caller may see a portfolio. The operator may see all.
func (p *portfolio) mayUse(c apicall.Caller) bool {
	if c.Account != p.Account {
		return false
	}
	if c.Role == "" {
		return true
	}
	for _, pattern := range p.principals {
		if likeARN(pattern, strings.Replace(c.Role, ":"+c.Account+":", "::", 1)) {
			return true
		}
	}
	return false
}

// likeARN matches an ARN with a pattern in which * and ? are wildcards.
func likeARN(pattern, arn string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	ok, err := regexp.MatchString("^"+expression+"$", arn)
	return err == nil && ok
}

// offersTo lists the products that a caller may launch.
func (c *Catalog) offersTo(q apicall.Request) []*offer {
	var all []*offer
	for _, o := range c.offers {
		p := c.portfolio(o.portfolio)
		if o.association && p != nil && p.Region == q.Region && p.mayUse(q.Caller) && c.product(o.product) != nil {
			all = append(all, o)
		}
	}
	return all
}

func (c *Catalog) portfolio(id string) *portfolio {
	i := slices.IndexFunc(c.portfolios, func(p *portfolio) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return c.portfolios[i]
}

func (c *Catalog) product(id string) *product {
	i := slices.IndexFunc(c.products, func(p *product) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return c.products[i]
}

// offer gives the entry of a product in a portfolio, and adds one if there is none.
func (c *Catalog) offer(portfolio, product string) *offer {
	for _, o := range c.offers {
		if o.portfolio == portfolio && o.product == product {
			return o
		}
	}
	o := &offer{portfolio: portfolio, product: product}
	c.offers = append(c.offers, o)
	return o
}

// here lists the provisioned products in the account and Region of a caller.
func (c *Catalog) here(q apicall.Request) []*launched {
	var all []*launched
	for _, l := range c.launched {
		if l.Place == q.Place() {
			all = append(all, l)
		}
	}
	return all
}

// find gives a provisioned product by its id or by its name.
func (c *Catalog) find(q apicall.Request, id, name string) (*launched, error) {
	for _, l := range c.here(q) {
		if id != "" && l.id == id || id == "" && l.name == name {
			return l, nil
		}
	}
	return nil, apicall.Refuse("ResourceNotFoundException", "Provisioned product %s not found.", cmp.Or(id, name))
}

func (p *product) version(id, name string) (artifact, error) {
	for _, v := range p.versions {
		if id != "" && v.id == id || id == "" && v.name == name {
			return v, nil
		}
	}
	return artifact{}, apicall.Refuse("ResourceNotFoundException", "Provisioning artifact %s not found for product %s.",
		cmp.Or(id, name), p.id)
}

func newID(prefix string) string {
	return prefix + strings.ReplaceAll(uuid.NewString(), "-", "")[:13]
}
