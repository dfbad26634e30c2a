// Package executions reaches into member accounts: it starts runbooks there and reads how
// they ended, each under a role that may do little else.
package executions

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
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
	// Changes returns the events of CloudTrail that change what a runbook sets; see prepared.Catalog.
	Changes func(runbook string) []string

	mu       sync.Mutex
	sts      *sts.Client
	ssm      map[string]*ssm.Client        // by Region
	trails   map[string]*cloudtrail.Client // by Region
	sessions map[string]aws.CredentialsProvider
}

// Place is where an operation takes place: a Region of an account, under a session of one of its
// roles. The session's name shows in the account's CloudTrail and, for executions, in their status
// events. Region may be target.Global.
type Place struct{ Account, Region, Role, Session string }

// Operation does something in a Region with the credentials of a session.
type Operation func(ctx context.Context, region string, session aws.CredentialsProvider) error

// Do does an operation at a place.
func (m *Accounts) Do(ctx context.Context, p Place, operation Operation) error {
	if p.Region == target.Global {
		p.Region = m.Config.Region
	}
	return m.Regions.do(ctx, p.Region, func(ctx context.Context) error {
		return operation(ctx, p.Region, m.session(p))
	})
}

// in does an operation of Systems Manager at a place. All places of a Region share a client, because
// its making takes more time than a call does, and the call says whose credentials it takes.
func (m *Accounts) in(ctx context.Context, p Place,
	operation func(context.Context, *ssm.Client, func(*ssm.Options)) error) error {
	return m.Do(ctx, p, func(ctx context.Context, region string, session aws.CredentialsProvider) error {
		return operation(ctx, m.client(region), func(o *ssm.Options) { o.Credentials = session })
	})
}

func (m *Accounts) client(region string) *ssm.Client {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ssm == nil {
		m.ssm = map[string]*ssm.Client{}
	}
	if m.ssm[region] == nil {
		m.ssm[region] = ssm.NewFromConfig(m.Config, func(o *ssm.Options) { o.Region = region })
	}
	return m.ssm[region]
}

// session returns the credentials of a place, which are kept for as long as they are valid, so that
// a session costs one AssumeRole however often it is used.
func (m *Accounts) session(p Place) aws.CredentialsProvider {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sts == nil {
		m.sts = sts.NewFromConfig(m.Config)
	}
	role := naming.RoleARN(m.Partition, p.Account, p.Role)
	key := role + " " + p.Session
	if m.sessions == nil || len(m.sessions) >= maxSessions {
		m.sessions = map[string]aws.CredentialsProvider{}
	}
	if m.sessions[key] == nil {
		m.sessions[key] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(m.sts, role,
			func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = p.Session }))
	}
	return m.sessions[key]
}

// maxSessions limits the memory of a warm function.
const maxSessions = 1000
