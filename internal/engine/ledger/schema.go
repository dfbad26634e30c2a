package ledger

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/decide"
)

// schemas are the highest schema numbers that this version of Hubmend reads, by sort key. Raise one when
// versions that do not know it must not write such an item any longer: docs/adr/0017-ledger-schema.md.
var schemas = map[string]int{targetItem: policySchema, breakerItem: firstSchema, accountItem: firstSchema,
	digestItem: firstSchema, policyItem: firstSchema}

// firstSchema is that of an item without a number.
const firstSchema = 1

// policySchema is that of a target about which the policy has a say: a version that knows no policy would start what is
// exempt, or what was approved without comparing it with its plan.
const policySchema = 2

// schemaOf is the schema number that a record is written with: the lowest that is safe.
func schemaOf(rec decide.Record) int {
	bound := rec.Last() != nil && rec.Last().Expected != "" && rec.Open()
	if len(rec.Parked) > 0 || rec.Proposal.State != "" || bound {
		return policySchema
	}
	return firstSchema
}

// NewerError means that a newer version of Hubmend wrote an item, with a schema that this version does not know.
type NewerError struct{ Schema, Known int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("it was written by a newer version of Hubmend (schema %d, this version knows up to %d); "+
		"deploy that version again", e.Schema, e.Known)
}

// IsNewer reports whether an error is a NewerError.
func IsNewer(err error) bool {
	var newer *NewerError
	return errors.As(err, &newer)
}

// NewerPatience is how long a message about such an item stays on its queue, because the newer version may soon be
// deployed again. After that it becomes a dead letter. SQS would do that a few minutes later, but without a reason.
const NewerPatience = 20 * time.Minute

// metadata are the attributes of an item that are not fields of its value, see also schemaAttribute.
type metadata struct {
	Expires int64 `dynamodbav:"expires"`
	Schema  int   `dynamodbav:"schema"`
}

// over reports whether the item has expired. The service may take days to delete it.
func (m metadata) over(now time.Time) bool { return m.Expires > 0 && m.Expires <= now.Unix() }

// newer returns an error for an item of a kind that only a newer version of Hubmend understands.
func (m metadata) newer(sk string) error {
	if known := schemas[sk]; m.Schema > known {
		return &NewerError{m.Schema, known}
	}
	return nil
}

// schemaAttribute returns the number for an item. The first is not written, which saves bytes.
func schemaAttribute(schema int) item {
	if schema == firstSchema {
		return nil
	}
	return item{"schema": &types.AttributeValueMemberN{Value: strconv.Itoa(schema)}}
}
