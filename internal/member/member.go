// Package member reaches into member accounts: it starts runbooks there and reads how
// they ended, each under a role that may do nothing else.
package member

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"hubmend/internal/naming"
	"hubmend/internal/target"
)

// Accounts opens sessions in member accounts.
type Accounts struct {
	// Config is the function's own: its credentials may assume the members' roles, and
	// its Region is where global resources are repaired from.
	Config    aws.Config
	Partition string

	mu     sync.Mutex
	cached map[string]aws.CredentialsProvider
}

// ssmClient gives a client for a Region of an account under one of its roles. The session
// name shows in the account's CloudTrail and, for executions, in their status events.
func (m *Accounts) ssmClient(account, region, role, session string) *ssm.Client {
	if region == target.Global {
		region = m.Config.Region
	}
	cfg := m.Config.Copy()
	cfg.Region = region
	cfg.Credentials = m.credentials(naming.RoleARN(m.Partition, account, role), session)
	return ssm.NewFromConfig(cfg)
}

// credentials are kept for as long as they are valid, so that a session costs one
// AssumeRole however often it is used.
func (m *Accounts) credentials(role, session string) aws.CredentialsProvider {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := role + " " + session
	if m.cached == nil || len(m.cached) >= maxSessions {
		m.cached = map[string]aws.CredentialsProvider{}
	}
	if m.cached[key] == nil {
		m.cached[key] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(m.Config), role,
			func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = session }))
	}
	return m.cached[key]
}

// maxSessions bounds the memory of a warm function.
const maxSessions = 1000
