package naming

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Environment variables of what an organization demands of names. The templates set them for the functions,
// the CDK app for itself, and people for the command line.
const (
	EnvNamePrefix = "HUBMEND_NAME_PREFIX"
	EnvRolePath   = "HUBMEND_ROLE_PATH"
)

// Names that an organization prescribes. Both are read once, when a process starts, and everything below derives from
// them, so that all parts of a process use the same names.
var (
	// NamePrefix begins the name of every resource, before Mark.
	NamePrefix = os.Getenv(EnvNamePrefix)
	// RolePath is the IAM path of every role.
	RolePath = cmp.Or(os.Getenv(EnvRolePath), "/")
)

// Mark is in the name of everything that Hubmend creates.
const Mark = "hubmend-"

// Prefix begins the name of everything that Hubmend creates.
var Prefix = NamePrefix + Mark

// What AWS takes in all the names that begin with it. The shortest limit is a bucket's, 63 characters, for
// hubmend-access-logs-<account>-<Region>.
var (
	prefixForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,13}-$`)
	reserved   = regexp.MustCompile(`^(aws|amazon|amzn|ssm|xn-|sthree-)`)
	// A path is a part of patterns and policies, so it has no character that means something there.
	pathForm = regexp.MustCompile(`^/([A-Za-z0-9_-]+/)*$`)
)

const pathLimit = 64

// CheckNamePrefix returns what is wrong with a prefix, which may be empty.
func CheckNamePrefix(prefix string) error {
	switch {
	case prefix == "":
		return nil
	case !prefixForm.MatchString(prefix):
		return fmt.Errorf("%q is not at most 15 lowercase letters, digits and hyphens that begin with a letter and "+
			"end with a hyphen", prefix)
	case reserved.MatchString(prefix):
		return fmt.Errorf("%q begins with a word that AWS reserves for itself", prefix)
	}
	return nil
}

// CheckRolePath returns what is wrong with a path, which may be empty.
func CheckRolePath(path string) error {
	if path != "" && (!pathForm.MatchString(path) || len(path) > pathLimit) {
		return fmt.Errorf("%q is not a path of at most %d letters, digits, hyphens and underscores that begins and "+
			"ends with a slash", path, pathLimit)
	}
	return nil
}

// Check returns what is wrong with the environment of this process.
func Check() error {
	var errs []error
	for _, v := range []struct {
		name  string
		check func(string) error
	}{{EnvNamePrefix, CheckNamePrefix}, {EnvRolePath, CheckRolePath}} {
		if err := v.check(os.Getenv(v.name)); err != nil {
			errs = append(errs, fmt.Errorf("the environment variable %s: %w", v.name, err))
		}
	}
	return errors.Join(errs...)
}

// Environment is what a process must have in its environment to know the names of a deployment with a prefix and
// a path. It is empty when nothing is demanded.
func Environment(prefix, path string) map[string]string {
	demanded := map[string]string{}
	if prefix != "" {
		demanded[EnvNamePrefix] = prefix
	}
	if path != "" && path != "/" {
		demanded[EnvRolePath] = path
	}
	return demanded
}

// own writes names as this deployment has them. Templates have no other name.
var own = strings.NewReplacer(
	AdminStack, AdminStack, MemberRolesStack, MemberRolesStack, MemberRunbooksStack, MemberRunbooksStack, RolloutStack,
	RolloutStack,
	":role/"+Mark, ":role"+RolePath+Prefix, Mark, Prefix, "/hubmend/", "/"+NamePrefix+"hubmend/",
)

// Own rewrites the names in a text of the repository, which are written as they are when nothing is demanded:
// in runbooks, permissions and released products.
func Own(text []byte) []byte { return []byte(own.Replace(string(text))) }
