package lab

import (
	"context"
	"encoding/json"
	"fmt"
)

func createDashboard(ctx context.Context, s *stack, p properties) (created, error) {
	return putDashboard(ctx, s, p.textOr("DashboardName", s.physicalID(p.logicalID)), p)
}

func updateDashboard(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return putDashboard(ctx, s, was.ref, p)
}

// putDashboard demands what CloudWatch does of a body: it is JSON with widgets.
func putDashboard(ctx context.Context, s *stack, name string, p properties) (created, error) {
	var body struct {
		Widgets []struct {
			Type       string          `json:"type"`
			Properties json.RawMessage `json:"properties"`
		} `json:"widgets"`
	}
	if err := json.Unmarshal([]byte(p.text("DashboardBody")), &body); err != nil {
		return created{}, fmt.Errorf("the field DashboardBody must be a valid JSON object: %w", err)
	}
	for i, w := range body.Widgets {
		if w.Type == "" || len(w.Properties) == 0 {
			return created{}, fmt.Errorf("widget %d of the dashboard %s has no type or no properties", i+1, name)
		}
	}
	_, err := s.call(ctx, "cloudwatch", "PutDashboard",
		map[string]any{"DashboardName": name, "DashboardBody": p.text("DashboardBody")})
	return created{ref: name}, err
}

func deleteDashboard(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "cloudwatch", "DeleteDashboards", map[string]any{"DashboardNames": []any{was.ref}})
	return err
}
