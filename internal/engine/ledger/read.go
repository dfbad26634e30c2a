package ledger

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/target"
)

// ReaderAPI is what Reader needs of the service.
type ReaderAPI interface {
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Reader shows the table of DynamoDB to people. It writes nothing, and what it reads may be a
// moment old.
type Reader struct {
	Client ReaderAPI
	Table  string
	Now    func() time.Time // what has expired by then is not shown
}

// Past is an attempt that is over, whole: what Archive leaves out because it is said twice,
// its Attempt and its Outcome both say. Times are to the second; Counts is never set.
type Past struct {
	Target target.Target
	decide.Ended
}

// Entry is something that the table has. Exactly one of its pointers is set.
type Entry struct {
	Record  *decide.Record  // of a target
	Past    *Past           // of a target, one for each attempt
	Breaker *decide.Breaker // of a control, open or closed
	Newer   bool            // a newer version of Hubmend wrote it, so this one may not understand all of it
}

// All returns everything that the table has, in no order, page by page. It ends at the first error.
func (r *Reader) All(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		pages := dynamodb.NewScanPaginator(r.Client, &dynamodb.ScanInput{TableName: &r.Table})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Entry{}, fmt.Errorf("read ledger %s: %w", r.Table, err))
				return
			}
			for e, err := range r.entries(page.Items) {
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// History is what the table has about one target.
type History struct {
	Record decide.Record // Version 0 when there is none, or no more
	Past   []Past        // oldest first
	Newer  bool          // as that of an Entry, of the record
}

// Target returns what the history is about, and false when the table has nothing.
func (h History) Target() (target.Target, bool) {
	switch {
	case h.Record.Version > 0:
		return h.Record.Target, true
	case len(h.Past) > 0:
		return h.Past[0].Target, true
	}
	return target.Target{}, false
}

// Target returns the history of the target with a key, see target.Target.Key. It is empty when
// the table has none.
func (r *Reader) Target(ctx context.Context, key string) (History, error) {
	var h History
	pages := dynamodb.NewQueryPaginator(r.Client, &dynamodb.QueryInput{
		TableName: &r.Table, KeyConditionExpression: aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: key}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return History{}, fmt.Errorf("read target %s: %w", key, err)
		}
		for e, err := range r.entries(page.Items) {
			switch {
			case err != nil:
				return History{}, err
			case e.Record != nil:
				h.Record, h.Newer = *e.Record, e.Newer
			case e.Past != nil:
				h.Past = append(h.Past, *e.Past) // by sort key, which has the number
			}
		}
	}
	return h, nil
}

// entries reads items, but for those that have expired or are not for people.
func (r *Reader) entries(items []item) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, i := range items {
			e, err := r.entry(i)
			if err != nil {
				yield(Entry{}, fmt.Errorf("decode %s of %s: %w", keyText(i, "sk"), keyText(i, "pk"), err))
				return
			}
			if e != (Entry{}) && !yield(e, nil) {
				return
			}
		}
	}
}

// entry reads an item. One that is not shown is empty.
func (r *Reader) entry(i item) (e Entry, err error) {
	var meta metadata
	if err := attributevalue.UnmarshalMap(i, &meta); err != nil {
		return e, err
	}
	switch sk := keyText(i, "sk"); {
	case meta.over(r.Now()):
	case sk == targetItem:
		e.Record = &decide.Record{}
		e.Newer, err = meta.read(i, sk, e.Record)
	case sk == breakerItem:
		e.Breaker = &decide.Breaker{}
		e.Newer, err = meta.read(i, sk, e.Breaker)
	case strings.HasPrefix(sk, "attempt#"):
		e.Past, err = readPast(i)
	}
	return e, err
}

func keyText(i item, name string) string {
	s, _ := i[name].(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// read reads what it can of an item into a value, and reports whether that may not be all of it: a newer version of
// Hubmend may have written some attributes in a form that this one does not read.
func (m metadata) read(i item, sk string, into any) (newer bool, err error) {
	if newer = m.newer(sk) != nil; !newer {
		return false, attributevalue.UnmarshalMap(i, into)
	}
	for name, v := range i {
		_ = attributevalue.UnmarshalMap(item{name: v}, into)
	}
	return true, nil
}

// past is what Archive writes.
type past struct {
	Target  target.Target
	Attempt decide.Attempt
	Outcome decide.Outcome
}

// readPast reads what Archive wrote, and says again what it left out.
func readPast(i item) (*Past, error) {
	var p past
	if err := attributevalue.UnmarshalMap(i, &p); err != nil {
		return nil, err
	}
	p.Attempt.Change, p.Attempt.Reason = p.Outcome.Change, p.Outcome.Reason
	p.Outcome.ExecutionID = p.Attempt.ExecutionID
	p.Outcome.Class = p.Attempt.Class
	p.Outcome.Succeeded = p.Attempt.State == decide.Succeeded
	return &Past{p.Target, decide.Ended{Attempt: p.Attempt, Outcome: p.Outcome}}, nil
}
