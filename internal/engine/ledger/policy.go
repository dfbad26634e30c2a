package ledger

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hubmend/internal/engine/policy"
)

// policyKey is the partition of all versions of the policy.
const policyKey = "policy"

func versionKey(number int) string { return fmt.Sprintf("version#%06d", number) }

// packedPolicy is a version of the policy as it is stored. Its Text is the policy as JSON, compressed with gzip:
// DynamoDB stores 400 KB in an item, and thousands of rules are longer.
type packedPolicy struct {
	Version  int
	Text     []byte
	Hash     string
	By       string
	At       time.Time
	Source   string
	Restores int
}

// maxText leaves room for the other attributes of an item.
const maxText = 380 << 10

// pack refuses a version that could not be read again.
func pack(v policy.Version) (packedPolicy, error) {
	text, err := json.Marshal(v.Policy)
	if err != nil {
		return packedPolicy{}, err
	}
	if _, err := policy.Parse(text); err != nil {
		return packedPolicy{}, err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		return packedPolicy{}, err
	}
	if err := w.Close(); err != nil {
		return packedPolicy{}, err
	}
	if packed.Len() > maxText {
		return packedPolicy{}, fmt.Errorf("the policy takes %d KB compressed, and DynamoDB stores %d KB; "+
			"combine rules that differ only in a list", packed.Len()>>10, maxText>>10)
	}
	return packedPolicy{v.Number, packed.Bytes(), v.Policy.Hash(), v.By, v.At, v.Source, v.Restores}, nil
}

// about returns what is known of a version without its rules.
func (p packedPolicy) about() policy.Version {
	return policy.Version{Number: p.Version, Hash: p.Hash, By: p.By, At: p.At, Source: p.Source, Restores: p.Restores}
}

func (p packedPolicy) unpack() (policy.Version, error) {
	if p.Version < 1 {
		return policy.Version{}, errors.New("it has no number")
	}
	r, err := gzip.NewReader(bytes.NewReader(p.Text))
	if err != nil {
		return policy.Version{}, fmt.Errorf("its text cannot be decompressed: %w", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return policy.Version{}, fmt.Errorf("its text cannot be decompressed: %w", err)
	}
	v := p.about()
	v.Policy, err = policy.Parse(text)
	return v, err
}

// LoadPolicy implements Policies. It reads consistently, so that an exemption holds as soon as it was applied.
func (l *DynamoDB) LoadPolicy(ctx context.Context) (policy.Version, error) {
	i, err := l.policyItem(ctx, policyItem)
	if err != nil || i == nil {
		return policy.Version{}, err
	}
	v, err := unpackItem(i)
	if err != nil {
		return policy.Version{}, fmt.Errorf("load policy: %w", err)
	}
	return v, nil
}

// PolicyVersion implements Policies.
func (l *DynamoDB) PolicyVersion(ctx context.Context, number int) (policy.Version, error) {
	i, err := l.policyItem(ctx, policyItem)
	if err == nil && versionOf(i) != number {
		i, err = l.policyItem(ctx, versionKey(number))
	}
	if err != nil {
		return policy.Version{}, err
	}
	if i == nil {
		return policy.Version{}, fmt.Errorf("version %d: %w", number, ErrNoPolicy)
	}
	v, err := unpackItem(i)
	if err != nil {
		return policy.Version{}, fmt.Errorf("load version %d of the policy: %w", number, err)
	}
	return v, nil
}

// SavePolicy implements Policies. It keeps the version in force under its number before it replaces it, so that none is
// lost if it fails between its two writes.
func (l *DynamoDB) SavePolicy(ctx context.Context, v policy.Version) error {
	packed, err := pack(v)
	if err != nil {
		return fmt.Errorf("save policy: %w", err)
	}
	current, err := l.policyItem(ctx, policyItem)
	if err != nil {
		return err
	}
	if versionOf(current) != v.Number-1 {
		return fmt.Errorf("save version %d of the policy: %w", v.Number, ErrConflict)
	}
	before := v.Number - 1
	if before > 0 {
		maps.Copy(current, itemKey(policyKey, versionKey(before)))
		if _, err := l.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.Table, Item: current}); err != nil {
			return fmt.Errorf("keep version %d of the policy: %w", before, err)
		}
	}
	if err := l.save(ctx, policyKey, policyItem, before, packed, nil, nil); err != nil {
		return fmt.Errorf("save version %d of the policy: %w", v.Number, err)
	}
	return nil
}

// PolicyVersions implements Policies.
func (l *DynamoDB) PolicyVersions(ctx context.Context) ([]policy.Version, error) {
	var all []policy.Version
	pages := dynamodb.NewQueryPaginator(l.Client, &dynamodb.QueryInput{
		TableName: &l.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: policyKey}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list versions of the policy: %w", err)
		}
		for _, i := range page.Items {
			var packed packedPolicy
			if err := attributevalue.UnmarshalMap(i, &packed); err != nil {
				return nil, fmt.Errorf("list versions of the policy: decode %s: %w", keyText(i, "sk"), err)
			}
			all = append(all, packed.about())
		}
	}
	slices.SortFunc(all, func(a, b policy.Version) int { return b.Number - a.Number })
	return all, nil
}

// policyItem returns an item of the policy's partition, or nil.
func (l *DynamoDB) policyItem(ctx context.Context, sk string) (item, error) {
	out, err := l.Client.GetItem(ctx,
		&dynamodb.GetItemInput{TableName: &l.Table, Key: itemKey(policyKey, sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("load policy: %w", err)
	}
	var meta metadata
	err = attributevalue.UnmarshalMap(out.Item, &meta)
	if err == nil {
		err = meta.newer(policyItem)
	}
	if err != nil {
		return nil, fmt.Errorf("load policy: %w", err)
	}
	return out.Item, nil
}

// versionOf returns the number of a version of the policy, 0 if it has none.
func versionOf(i item) int {
	var packed struct{ Version int }
	if attributevalue.UnmarshalMap(i, &packed) != nil {
		return 0
	}
	return packed.Version
}

func unpackItem(i item) (policy.Version, error) {
	var packed packedPolicy
	if err := attributevalue.UnmarshalMap(i, &packed); err != nil {
		return policy.Version{}, err
	}
	return packed.unpack()
}

// Take implements Budgets.
func (l *DynamoDB) Take(ctx context.Context, key string, limit int, expires time.Time) (bool, error) {
	if limit < 1 {
		return false, nil
	}
	number := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	_, err := l.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: itemKey("budget#"+key, budgetItem),
		UpdateExpression:         aws.String("ADD #taken :one SET expires = :expires"),
		ConditionExpression:      aws.String("attribute_not_exists(#taken) OR #taken < :limit"),
		ExpressionAttributeNames: map[string]string{"#taken": "taken"},
		ExpressionAttributeValues: item{":one": number(1), ":limit": number(int64(limit)),
			":expires": number(expires.Unix())},
	})
	switch err = conflict(err); {
	case errors.Is(err, ErrConflict):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("take from budget %s: %w", key, err)
	}
	return true, nil
}

// sweptKey is apart from the versions of the policy, which are listed.
const sweptKey = "policy-swept"

// LoadSweptPolicy implements SweptPolicy.
func (l *DynamoDB) LoadSweptPolicy(ctx context.Context) (string, error) {
	var swept struct{ Hash string }
	if _, err := l.load(ctx, sweptKey, policyItem, &swept); err != nil {
		return "", fmt.Errorf("load the policy that was swept: %w", err)
	}
	return swept.Hash, nil
}

// SaveSweptPolicy implements SweptPolicy.
func (l *DynamoDB) SaveSweptPolicy(ctx context.Context, hash string) error {
	in := itemKey(sweptKey, policyItem)
	in["Hash"] = &types.AttributeValueMemberS{Value: hash}
	if _, err := l.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.Table, Item: in}); err != nil {
		return fmt.Errorf("save the policy that was swept: %w", err)
	}
	return nil
}
