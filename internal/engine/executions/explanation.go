package executions

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/aws/errorcode"
	"hubmend/internal/aws/ssmtext"
)

// explanations complete the error of a call. The first that applies is used.
var explanations = []struct {
	applies func(failedCall) bool
	text    func(failedCall) string
}{
	{
		func(c failedCall) bool { return c.code == awserr.NameTaken },
		func(c failedCall) string {
			return fmt.Sprintf("Another AWS account has a bucket named %s.", c.input("Bucket"))
		},
	},
	{
		// S3 names the policy to callers of the bucket's own account and organization only.
		func(c failedCall) bool {
			return slices.Contains(errorcode.Denied, c.code) && c.input("ExpectedBucketOwner") != "" &&
				!strings.Contains(c.message, "not authorized")
		},
		func(c failedCall) string {
			return fmt.Sprintf("The bucket %s belongs to another account than %s, or its policy denies this.",
				c.input("Bucket"), c.input("ExpectedBucketOwner"))
		},
	},
	{
		func(c failedCall) bool { return c.code == "TrailNotFoundException" },
		// CloudTrail names the trail itself.
		func(failedCall) string {
			return "The trail was deleted, or is an organization's trail: remediate that in the organization's " +
				"management account."
		},
	},
}

// unread is what it means that an undo could not read the repair, or what it repaired.
const unread = "Nothing was changed. When Systems Manager has forgotten the execution, after 30 days, or the " +
	"resource is gone, " +
	"`hubmend history` still has the previous value. Otherwise request the undo again."

// failedCall is a call of a step that AWS answered with an error.
type failedCall struct {
	code, message string
	inputs        map[string]string
}

// input returns a text that the step passed to the call. Systems Manager keeps inputs as JSON.
func (c failedCall) input(name string) string {
	written := c.inputs[name]
	var text string
	if json.Unmarshal([]byte(written), &text) != nil {
		return written
	}
	return text
}

// explanation returns what the error of a step's call means, or "".
func explanation(s types.StepExecution) string {
	message := deref(s.FailureMessage)
	if word(s) == ssmtext.Recall {
		return unread
	}
	c := failedCall{ssmtext.Code(message), message, s.Inputs}
	for _, e := range explanations {
		if c.code != "" && e.applies(c) {
			return e.text(c)
		}
	}
	return ""
}
