package lab

import "context"

func createLogGroup(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("LogGroupName", s.physicalID(p.logicalID))
	if _, err := s.call(ctx, "logs", "CreateLogGroup", map[string]any{"logGroupName": name}); err != nil {
		return created{}, err
	}
	return created{name, map[string]any{"Arn": s.arn("logs", "log-group:"+name+":*")}}, retain(ctx, s, name, p)
}

func updateLogGroup(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return was.created, retain(ctx, s, was.ref, p)
}

// retain sets how long a log group keeps its lines: for ever when the template does not say.
func retain(ctx context.Context, s *stack, group string, p properties) error {
	days, ok := p.all["RetentionInDays"]
	if !ok {
		_, err := s.call(ctx, "logs", "DeleteRetentionPolicy", map[string]any{"logGroupName": group})
		return err
	}
	_, err := s.call(ctx, "logs", "PutRetentionPolicy", map[string]any{"logGroupName": group, "retentionInDays": days})
	return err
}

func deleteLogGroup(ctx context.Context, s *stack, was deployed) error {
	_, err := s.call(ctx, "logs", "DeleteLogGroup", map[string]any{"logGroupName": was.ref})
	return err
}
