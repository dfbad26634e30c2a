package request

import (
	"encoding/json"
	"fmt"
	"time"

	"hubmend/internal/engine/control"
)

// Action is the use of a custom action on one finding, by a person whose name is known.
type Action struct {
	ID        string // of the event
	Action    control.CustomAction
	Finding   json.RawMessage
	By        Person
	Despite   string // why the person requests it although the policy exempts it; empty for most requests
	Partition string
	Region    string // the home Region, where the custom action is
	At        time.Time
}

// Body writes the event that Security Hub would send, with the person who requests it.
func (a Action) Body() (string, error) {
	detail := map[string]any{
		"actionName": a.Action.Name, "requestedBy": a.By.ARN, "findings": []json.RawMessage{a.Finding},
	}
	if a.Despite != "" {
		detail["despitePolicy"] = a.Despite
	}
	body, err := json.Marshal(map[string]any{
		"version": "0", "id": a.ID, "source": "aws.securityhub", "detail-type": "Security Hub Findings - Custom Action",
		"account": a.By.Account, "region": a.Region, "time": a.At.UTC().Format(time.RFC3339),
		"resources": []string{fmt.Sprintf("arn:%s:securityhub:%s:%s:action/custom/%s", a.Partition, a.Region,
			a.By.Account, a.Action.ID)},
		"detail": detail,
	})
	if err != nil {
		return "", fmt.Errorf("write the event: %w", err)
	}
	return string(body), nil
}
