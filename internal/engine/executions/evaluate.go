package executions

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/naming"
)

// Evaluate has AWS Config evaluate a rule of a member again. One call takes up to 25 rules, but it refuses all of them
// if it refuses one.
func (m *Accounts) Evaluate(ctx context.Context, rule decide.ConfigRule) error {
	at := Place{rule.Account, rule.Region, naming.SettleRole, naming.SettleFunction}
	err := m.Do(ctx, at, func(ctx context.Context, region string, session aws.CredentialsProvider) error {
		config := m.Config.Copy()
		config.Region, config.Credentials = region, session
		_, err := configservice.NewFromConfig(config).StartConfigRulesEvaluation(ctx,
			&configservice.StartConfigRulesEvaluationInput{ConfigRuleNames: []string{rule.Name}})
		return err
	})
	if err != nil {
		return fmt.Errorf("evaluate rule %s in %s/%s: %w", rule.Name, rule.Account, rule.Region, err)
	}
	return nil
}
