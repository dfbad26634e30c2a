// Package executions reaches into member accounts: it starts runbooks there and reads how
// they ended, each under a role that may do nothing else.
package executions

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

// Accounts opens sessions in member accounts.
type Accounts struct {
	// Config is the function's own: its credentials may assume the members' roles, and
	// its Region is where global resources are repaired from.
	Config    aws.Config
	Partition string
	// Regions limits the operations; nil leaves them the time that their context has.
	Regions *Regions

	mu       sync.Mutex
	sts      *sts.Client
	ssm      map[string]*ssm.Client // by Region
	sessions map[string]aws.CredentialsProvider
}

// place is where an operation takes place: a Region of an account, under a session of one of its
// roles. The session's name shows in the account's CloudTrail and, for executions, in their status
// events.
type place struct{ account, region, role, session string }

// in does an operation at a place. All places of a Region share a client, because its making takes
// more time than a call does, and the call says whose credentials it takes.
func (m *Accounts) in(ctx context.Context, p place,
	operation func(context.Context, *ssm.Client, func(*ssm.Options)) error) error {
	if p.region == target.Global {
		p.region = m.Config.Region
	}
	return m.Regions.do(ctx, p.region, func(ctx context.Context) error {
		client, credentials := m.client(p)
		return operation(ctx, client, func(o *ssm.Options) { o.Credentials = credentials })
	})
}

// client returns the client of a place and its credentials, which are kept for as long as they are
// valid, so that a session costs one AssumeRole however often it is used.
func (m *Accounts) client(p place) (*ssm.Client, aws.CredentialsProvider) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sts == nil {
		m.sts, m.ssm = sts.NewFromConfig(m.Config), map[string]*ssm.Client{}
	}
	if m.ssm[p.region] == nil {
		m.ssm[p.region] = ssm.NewFromConfig(m.Config, func(o *ssm.Options) { o.Region = p.region })
	}
	role := naming.RoleARN(m.Partition, p.account, p.role)
	key := role + " " + p.session
	if m.sessions == nil || len(m.sessions) >= maxSessions {
		m.sessions = map[string]aws.CredentialsProvider{}
	}
	if m.sessions[key] == nil {
		m.sessions[key] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(m.sts, role,
			func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = p.session }))
	}
	return m.ssm[p.region], m.sessions[key]
}

// maxSessions limits the memory of a warm function.
const maxSessions = 1000
