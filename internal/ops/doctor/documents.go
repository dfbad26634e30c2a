package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/engine/naming"
)

// documents compares the runbooks of this account and Region, if there are any, with those of this
// build. Those of members follow from the template of the StackSet.
func (e *examination) documents(ctx context.Context) (report, error) {
	var missing, needless, other, broken []string
	needed := e.needed()
	for _, book := range e.Catalog.Runbooks {
		name := naming.Document(book.Name)
		out, err := e.ssm.GetDocument(ctx, &ssm.GetDocumentInput{Name: &name})
		var none *types.InvalidDocument
		switch {
		case errors.As(err, &none) && needed[book.Name]:
			missing = append(missing, name)
		case errors.As(err, &none):
			needless = append(needless, name)
		case err != nil:
			return report{}, err
		case out.Status != types.DocumentStatusActive:
			broken = append(broken, fmt.Sprintf("%s (%s %s)", name, out.Status, aws.ToString(out.StatusInformation)))
		case strings.TrimSpace(aws.ToString(out.Content)) != strings.TrimSpace(string(book.Text)):
			other = append(other, fmt.Sprintf("%s (version %s)", name, aws.ToString(out.DocumentVersion)))
		}
	}
	all := len(e.Catalog.Runbooks)
	if len(missing)+len(needless) == all {
		if e.organization() != "" {
			return report{found: "none: resources of this account are not remediated, only those of members"}, nil
		}
		missing, needless = slices.Concat(missing, needless), nil
	}
	r := report{found: fmt.Sprintf("%d documents match this build", all-len(needless))}
	if n := len(needless); n > 0 {
		r.found += fmt.Sprintf("; not deployed and not needed by a launched playbook: %d", n)
	}
	deploy := "deploy " + naming.MemberRunbooksStack + " again here (docs/deployment.md)"
	for _, bad := range []struct {
		names []string
		are   string
	}{{missing, "are missing"}, {other, "differ from this build"}, {broken, "are not active"}} {
		if len(bad.names) > 0 {
			r.problem(deploy, "%d of %d documents %s: %s", len(bad.names), all, bad.are, summary(bad.names))
		}
	}
	return r, nil
}

// needed returns the runbooks of the controls of launched playbooks. A deployment may offer only some playbooks, so
// members need not have the others.
func (e *examination) needed() map[string]bool {
	needed := map[string]bool{}
	for _, s := range e.launched() {
		for id := range s.groups() {
			for _, p := range e.Catalog.Playbooks { // groups of one id have the same controls in each
				group, _ := p.Group(id)
				for _, name := range e.Catalog.RunbooksOf(group) {
					needed[name] = true
				}
			}
		}
	}
	return needed
}
