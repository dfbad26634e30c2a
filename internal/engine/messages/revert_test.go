package messages_test

import (
	"testing"

	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/target"
)

func TestFollowUpsOfAttempts(t *testing.T) {
	t.Parallel()
	key := target.Target{Account: "222222222222", Resource: "sg-1"}.Key()
	evaluate, revert := messages.Evaluate{Key: key, Number: 3}, messages.Revert{Key: key, Number: 3}
	if got, is, err := messages.ParseEvaluate([]byte(evaluate.Body())); got != evaluate || !is || err != nil {
		t.Errorf("ParseEvaluate = %+v, %t, %v", got, is, err)
	}
	if got, is, err := messages.ParseRevert([]byte(revert.Body())); got != revert || !is || err != nil {
		t.Errorf("ParseRevert = %+v, %t, %v", got, is, err)
	}
	if _, is, err := messages.ParseEvaluate([]byte(revert.Body())); is || err != nil {
		t.Errorf("a revert: ParseEvaluate = %t, %v", is, err)
	}
	for _, detail := range []string{`{"key":"x","number":1}`, `{"key":"` + key + `","number":0}`, `[]`} {
		body := `{"source":"hubmend.evaluate","detail":` + detail + `}`
		if got, is, err := messages.ParseEvaluate([]byte(body)); !is || err == nil || got != (messages.Evaluate{}) {
			t.Errorf("%s: ParseEvaluate = %+v, %t, %v", detail, got, is, err)
		}
	}
}
