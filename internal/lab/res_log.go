package lab

import (
	"context"

	"hubmend/internal/aws/policy"
)

func (m motoResources) createLogGroup(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("LogGroupName", s.physicalID(p.logicalID))
	if err := m.encryptLogs(ctx, s, name, p); err != nil {
		return created{}, err
	}
	if _, err := s.call(ctx, "logs", "CreateLogGroup", map[string]any{"logGroupName": name}); err != nil {
		return created{}, err
	}
	return created{name, map[string]any{"Arn": s.arn("logs", "log-group:"+name+":*")}}, retain(ctx, s, name, p)
}

func (m motoResources) updateLogGroup(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	if err := m.encryptLogs(ctx, s, was.ref, p); err != nil {
		return created{}, err
	}
	return was.created, retain(ctx, s, was.ref, p)
}

// logsUse is what CloudWatch Logs does with the key of a log group.
var logsUse = []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
	"kms:DescribeKey"}

// encryptLogs refuses a key that CloudWatch Logs cannot use, as it does itself.
func (m motoResources) encryptLogs(ctx context.Context, s *stack, group string, p properties) error {
	arn := s.arn("logs", "log-group:"+group)
	m.keys.encrypts(arn, p.text("KmsKeyId"))
	return m.keys.serves(ctx, arn, policy.Request{
		Service: "logs." + s.at.region + "." + s.lab.urlSuffix,
		Context: map[string]string{"kms:EncryptionContext:aws:logs:arn": arn},
	}, logsUse...)
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
