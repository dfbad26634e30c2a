package resources

import (
	"context"
	"encoding/json"
	"fmt"

	"hubmend/internal/lab/cloudformation"
)

func createDashboard(ctx context.Context, s *cloudformation.Stack, p cloudformation.Properties) (cloudformation.Created,
	error) {
	return putDashboard(ctx, s, p.TextOr("DashboardName", s.PhysicalID(p.LogicalID)), p)
}

func updateDashboard(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return putDashboard(ctx, s, was.Ref, p)
}

// putDashboard checks the body as CloudWatch does: JSON with widgets.
func putDashboard(ctx context.Context, s *cloudformation.Stack, name string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	var body struct {
		Widgets []struct {
			Type       string          `json:"type"`
			Properties json.RawMessage `json:"properties"`
		} `json:"widgets"`
	}
	if err := json.Unmarshal([]byte(p.Text("DashboardBody")), &body); err != nil {
		return cloudformation.Created{}, fmt.Errorf("the field DashboardBody must be a valid JSON object: %w", err)
	}
	for i, w := range body.Widgets {
		if w.Type == "" || len(w.Properties) == 0 {
			return cloudformation.Created{}, fmt.Errorf("widget %d of the dashboard %s has no type or no properties",
				i+1, name)
		}
	}
	_, err := s.Call(ctx, "cloudwatch", "PutDashboard",
		map[string]any{"DashboardName": name, "DashboardBody": p.Text("DashboardBody")})
	return cloudformation.Created{Ref: name}, err
}

func deleteDashboard(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "cloudwatch", "DeleteDashboards", map[string]any{"DashboardNames": []any{was.Ref}})
	return err
}
