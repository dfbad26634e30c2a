package ledger

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/decide"
)

// digestPartition is that of the index which has the digests.
const digestPartition = "digest"

// toldKey is the sort key of what was collected for a window, all of which begin with that of an empty id.
func toldKey(window int, id string) string { return fmt.Sprintf("told#%08d#%s", window, id) }

// LoadDigest implements Digests.
func (l *DynamoDB) LoadDigest(ctx context.Context, key string) (decide.Digest, error) {
	d, err := decide.Digest{}, error(nil)
	if d.Unknown, err = l.load(ctx, digestKey(key), digestItem, &d); err != nil {
		return decide.Digest{}, fmt.Errorf("load digest %s: %w", key, err)
	}
	return d, nil
}

// SaveDigest implements Digests.
func (l *DynamoDB) SaveDigest(ctx context.Context, d decide.Digest) (decide.Digest, error) {
	version, key := d.Version, d.Cause.Key()
	d.Version++
	more := item{"expires": l.expires()}
	if due := d.Due(); !due.IsZero() {
		more = item{"open": &types.AttributeValueMemberS{Value: digestPartition},
			"since": &types.AttributeValueMemberS{Value: indexTime(due)}}
	}
	if err := l.save(ctx, digestKey(key), digestItem, version, d, d.Unknown, more); err != nil {
		return decide.Digest{}, fmt.Errorf("save digest %s: %w", key, err)
	}
	return d, nil
}

// Collect implements Digests. It writes without a condition, because hundreds may do so at the same time.
func (l *DynamoDB) Collect(ctx context.Context, key string, window int, c decide.Collected) error {
	in, err := encode(c)
	if err == nil {
		maps.Copy(in, item{"expires": l.expires()})
		maps.Copy(in, itemKey(digestKey(key), toldKey(window, c.ID)))
		_, err = l.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.Table, Item: in})
	}
	if err != nil {
		return fmt.Errorf("collect %s for digest %s: %w", c.ID, key, err)
	}
	return nil
}

// Collected implements Digests.
func (l *DynamoDB) Collected(ctx context.Context, key string, window int) ([]decide.Collected, error) {
	var all []decide.Collected
	pages := dynamodb.NewQueryPaginator(l.Client, &dynamodb.QueryInput{
		TableName: &l.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: item{
			":pk": &types.AttributeValueMemberS{Value: digestKey(key)},
			":sk": &types.AttributeValueMemberS{Value: toldKey(window, "")},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read digest %s: %w", key, err)
		}
		for _, i := range page.Items {
			var c decide.Collected
			if _, err := l.decode(i, keyText(i, "sk"), &c); err != nil {
				return nil, fmt.Errorf("read digest %s: %w", key, err)
			}
			if c.ID != "" {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// DueDigests implements Digests.
func (l *DynamoDB) DueDigests(ctx context.Context, at time.Time) ([]string, error) {
	keys, err := l.due(ctx, digestPartition, at)
	for i := range keys {
		keys[i] = strings.TrimPrefix(keys[i], digestKey(""))
	}
	return keys, err
}
