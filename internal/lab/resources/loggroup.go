package resources

import (
	"context"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/cloudformation"
)

func (m Moto) createLogGroup(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	name := p.TextOr("LogGroupName", s.PhysicalID(p.LogicalID))
	if err := m.encryptLogs(ctx, s, name, p); err != nil {
		return cloudformation.Created{}, err
	}
	if _, err := s.Call(ctx, "logs", "CreateLogGroup", map[string]any{"logGroupName": name}); err != nil {
		return cloudformation.Created{}, err
	}
	return cloudformation.Created{Ref: name, Attributes: map[string]any{"Arn": s.ARN("logs", "log-group:"+name+":*")}},
		retain(ctx, s, name, p)
}

func (m Moto) updateLogGroup(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	if err := m.encryptLogs(ctx, s, was.Ref, p); err != nil {
		return cloudformation.Created{}, err
	}
	return was.Created, retain(ctx, s, was.Ref, p)
}

// logsUse are the actions of CloudWatch Logs on the key of a log group.
var logsUse = []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
	"kms:DescribeKey"}

// encryptLogs refuses a key that CloudWatch Logs cannot use.
func (m Moto) encryptLogs(ctx context.Context, s *cloudformation.Stack, group string,
	p cloudformation.Properties) error {
	arn := s.ARN("logs", "log-group:"+group)
	m.keys.Encrypts(arn, p.Text("KmsKeyId"))
	return m.keys.Serves(ctx, arn, policy.Request{
		Service: "logs." + s.At.Region + "." + s.Lab.URLSuffix,
		Context: map[string]string{"kms:EncryptionContext:aws:logs:arn": arn},
	}, logsUse...)
}

// retain sets the retention of a log group. The default is for ever.
func retain(ctx context.Context, s *cloudformation.Stack, group string, p cloudformation.Properties) error {
	days, ok := p.All["RetentionInDays"]
	if !ok {
		_, err := s.Call(ctx, "logs", "DeleteRetentionPolicy", map[string]any{"logGroupName": group})
		return err
	}
	_, err := s.Call(ctx, "logs", "PutRetentionPolicy", map[string]any{"logGroupName": group, "retentionInDays": days})
	return err
}

func deleteLogGroup(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	_, err := s.Call(ctx, "logs", "DeleteLogGroup", map[string]any{"logGroupName": was.Ref})
	return err
}
