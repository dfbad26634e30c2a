package lab

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// serviceCatalog holds the portfolios and products that templates made, and what people
// launched from them.
type serviceCatalog struct {
	lab    *world
	stacks *stacks

	mu         sync.Mutex
	portfolios []*portfolio
	products   []*product
	offers     []*offer
	launched   []*launched
	records    []*record
}

func newCatalog(w *world, stacks *stacks) *serviceCatalog {
	return &serviceCatalog{lab: w, stacks: stacks}
}

type portfolio struct {
	place
	id, name, provider, description string
	made                            time.Time
	principals                      map[string]string // patterns of ARNs, by the association's id
	shares                          []portfolioShare
}

// portfolioShare is with whom a portfolio is shared: an account, or a node of an organization.
type portfolioShare struct{ Type, Value, Token string }

// product is a Service Catalog product of the admin stack.
type product struct {
	place
	id, name, owner, description string
	made                         time.Time
	versions                     []artifact // the newest last
}

// artifact is a version of a product.
type artifact struct {
	id, name, templateURL string
}

// offer is a product in a portfolio, with the launch constraint that it has there.
type offer struct {
	portfolio, product string // ids
	association        bool
	role               string // name of the launch role; empty without a constraint
}

// launched is a provisioned product.
type launched struct {
	place
	id, name   string
	product    *product
	version    artifact
	path       string // id of the portfolio
	launchedBy string // ARN
	made       time.Time
	status     string
	message    string
	stack      *stack // nil before its first operation began
	records    []*record
	parameters map[string]string
}

// record is one operation on what was launched.
type record struct {
	of              *launched
	id, kind, token string
	version         artifact
	by              string
	made, changed   time.Time
	status, failure string
	outputs         map[string]string
}

// Statuses of what was launched, and of a record.
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

// newArtifact makes a version. It has the same id as long as its name and template stay, as
// in AWS: who changes either takes the version away from those who launched it.
func newArtifact(product, name, templateURL string) artifact {
	sum := sha256.Sum256([]byte(product + name + templateURL))
	return artifact{"pa-" + hex.EncodeToString(sum[:7]), name, templateURL}
}

// mayUse tells whether a caller may see a portfolio. The lab's operator may see all.
func (p *portfolio) mayUse(c Caller) bool {
	if c.Account != p.account {
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

// offersTo lists the products that a caller may launch, with how.
func (c *serviceCatalog) offersTo(q request) []*offer {
	var all []*offer
	for _, o := range c.offers {
		p := c.portfolio(o.portfolio)
		if o.association && p != nil && p.region == q.region && p.mayUse(q.caller) && c.product(o.product) != nil {
			all = append(all, o)
		}
	}
	return all
}

func (c *serviceCatalog) portfolio(id string) *portfolio {
	i := slices.IndexFunc(c.portfolios, func(p *portfolio) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return c.portfolios[i]
}

func (c *serviceCatalog) product(id string) *product {
	i := slices.IndexFunc(c.products, func(p *product) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return c.products[i]
}

// offer gives the entry of a product in a portfolio, and makes one when there is none.
func (c *serviceCatalog) offer(portfolio, product string) *offer {
	for _, o := range c.offers {
		if o.portfolio == portfolio && o.product == product {
			return o
		}
	}
	o := &offer{portfolio: portfolio, product: product}
	c.offers = append(c.offers, o)
	return o
}

// here lists what is launched in a caller's account and Region.
func (c *serviceCatalog) here(q request) []*launched {
	var all []*launched
	for _, l := range c.launched {
		if l.place == q.place() {
			all = append(all, l)
		}
	}
	return all
}

// find gives what was launched by its id or else by its name.
func (c *serviceCatalog) find(q request, id, name string) (*launched, error) {
	for _, l := range c.here(q) {
		if id != "" && l.id == id || id == "" && l.name == name {
			return l, nil
		}
	}
	return nil, refuse("ResourceNotFoundException", "Provisioned product %s not found.", cmp.Or(id, name))
}

func (p *product) version(id, name string) (artifact, error) {
	for _, v := range p.versions {
		if id != "" && v.id == id || id == "" && v.name == name {
			return v, nil
		}
	}
	return artifact{}, refuse("ResourceNotFoundException", "Provisioning artifact %s not found for product %s.",
		cmp.Or(id, name), p.id)
}

func newID(prefix string) string {
	return prefix + strings.ReplaceAll(uuid.NewString(), "-", "")[:13]
}
