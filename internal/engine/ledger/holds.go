package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// held is what the table has of a hold. Its end is there twice, because expires has whole seconds only.
type held struct{ Until time.Time }

func holdKey(key string) string { return "hold#" + key }

// Hold implements Holds.
func (l *DynamoDB) Hold(ctx context.Context, key string, until time.Time) (time.Time, error) {
	var other held
	_, err := l.load(ctx, holdKey(key), holdItem, &other)
	if err == nil && other.Until.IsZero() {
		err = l.save(ctx, holdKey(key), holdItem, 0, held{until}, nil, expiresAt(until))
	}
	switch {
	case errors.Is(err, ErrConflict):
		return until, nil // another function took it since, for about as long
	case err != nil:
		return time.Time{}, fmt.Errorf("hold %s: %w", key, err)
	}
	return other.Until, nil
}

// KeepHeld implements Holds.
func (l *DynamoDB) KeepHeld(ctx context.Context, key string, until time.Time) error {
	in, err := encode(held{until})
	if err == nil {
		maps.Copy(in, itemKey(holdKey(key), holdItem))
		maps.Copy(in, expiresAt(until))
		_, err = l.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.Table, Item: in})
	}
	if err != nil {
		return fmt.Errorf("hold %s: %w", key, err)
	}
	return nil
}

func expiresAt(t time.Time) item {
	return item{"expires": &types.AttributeValueMemberN{Value: strconv.FormatInt(t.Unix(), 10)}}
}

// Hold implements Holds.
func (m *Memory) Hold(_ context.Context, key string, until time.Time) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if other, is := m.held[key]; is && !m.over(holdKey(key)) {
		return other, nil
	}
	m.hold(key, until)
	return time.Time{}, nil
}

// KeepHeld implements Holds.
func (m *Memory) KeepHeld(_ context.Context, key string, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hold(key, until)
	return nil
}

func (m *Memory) hold(key string, until time.Time) {
	put(&m.held, key, until)
	put(&m.expires, holdKey(key), until)
}
