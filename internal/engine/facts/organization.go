package facts

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"hubmend/internal/engine/executions"
)

// parent is what contains an account or an OU.
type parent struct {
	id     string
	isRoot bool
}

// maxDepth is more than AWS allows: OUs can be nested five levels deep below the root.
const maxDepth = 10

const delegate = "OUs and the tags of accounts can be read in the management account and by a delegated " +
	"administrator of the organization only; see docs/deployment.md"

// readParent returns the parent of an account or an OU.
func (r *Reader) readParent(ctx context.Context, child string) (parent, error) {
	ctx, stop := context.WithTimeout(ctx, executions.Limit)
	defer stop()
	pages := organizations.NewListParentsPaginator(r.organizations(), &organizations.ListParentsInput{ChildId: &child})
	for pages.HasMorePages() { // a page may be empty even when more follow
		page, err := pages.NextPage(ctx)
		if err != nil {
			return parent{}, explain(err, "organizations:ListParents", delegate)
		}
		for _, p := range page.Parents {
			if p.Id != nil && *p.Id != "" {
				return parent{*p.Id, p.Type == types.ParentTypeRoot}, nil
			}
		}
	}
	return parent{}, fmt.Errorf("organizations:ListParents returned no parent of %s", child)
}

// readAccountTags returns the tags that an account has in the organization, which are the only ones that an account can
// have. Without an organization there are none.
func (r *Reader) readAccountTags(ctx context.Context, account string) (map[string]string, error) {
	ctx, stop := context.WithTimeout(ctx, executions.Limit)
	defer stop()
	tags := map[string]string{}
	pages := organizations.NewListTagsForResourcePaginator(r.organizations(),
		&organizations.ListTagsForResourceInput{ResourceId: &account})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var unused *types.AWSOrganizationsNotInUseException
		var gone *types.TargetNotFoundException
		switch {
		case errors.As(err, &unused):
			return tags, nil
		case errors.As(err, &gone):
			return nil, fmt.Errorf("%w: account %s is not in the organization", ErrGone, account)
		case err != nil:
			return nil, explain(err, "organizations:ListTagsForResource", delegate)
		}
		for _, t := range page.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return tags, nil
}
