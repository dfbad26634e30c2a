package apicall

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// Caller is the user or session that signs a request.
type Caller struct {
	Account string
	ARN     string // of the session, or of the lab's operator
	Role    string // ARN of the session's role, with its path; empty for the operator
	RoleID  string // unique id of the role when the session was opened
	// UserID is what GetCallerIdentity and SQS call the caller: the unique id of a user, or that of a role with the
	// session's name.
	UserID string
	// Function names the function that the session belongs to: a session of its own role, or of a role that it
	// assumed.
	Function string
	// Script is true for the session of a runbook's script.
	Script bool
	// Agent is the user agent of its calls. Empty: as the requests say.
	Agent string
	// deploys is true for a session in which the operator deploys, see Frees, and for one of Acting.
	deploys bool
}

// IsOperator is true for callers that may do everything.
func (c Caller) IsOperator() bool { return c.Role == "" || c.deploys }

// bootstrapRole is a role of the CDK's bootstrap stack, which its command line assumes.
var bootstrapRole = regexp.MustCompile(
	`:role/cdk-[A-Za-z0-9_-]{1,10}-(deploy|file-publishing|image-publishing|lookup)-role-`)

// Frees lets the operator do everything in the session of a role of the CDK's bootstrap stack, too. The permissions of
// these roles are in AWS managed policies, which the lab does not have.
func (c *Callers) Frees(session Credentials, assumedBy Caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	caller := c.sessions[session.AccessKeyID]
	caller.deploys = assumedBy.IsOperator() && bootstrapRole.MatchString(caller.Role)
	c.sessions[session.AccessKeyID] = caller
}

// Acting gives the credentials of a session of a role that may do everything. A scenario makes calls with it that are
// recorded as those of another person or tool.
func (c *Callers) Acting(account, role, session, agent string) Credentials {
	credentials, _ := c.Session(Caller{Account: account, Agent: agent, deploys: true,
		ARN:  "arn:" + c.partition + ":sts::" + account + ":assumed-role/" + role + "/" + session,
		Role: "arn:" + c.partition + ":iam::" + account + ":role/" + role, UserID: "AROALABACTING:" + session})
	return credentials
}

// Credentials are what an AWS client signs with. The lab tells callers apart by their
// access key and does not check signatures.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// Operator gives the credentials of the person who uses the lab, in an account. The
// access key contains the account.
func Operator(account string) Credentials {
	return Credentials{AccessKeyID: "AKIA" + account, SecretAccessKey: "lab"}
}

// OperatorID is the unique id of the operator, in every account.
const OperatorID = "AIDALABOPERATOR"

// Callers maps access keys to callers.
type Callers struct {
	partition string

	mu       sync.Mutex
	sessions map[string]Caller
}

// NewCallers makes the registry of a lab in a partition.
func NewCallers(partition string) *Callers {
	return &Callers{partition: partition, sessions: map[string]Caller{}}
}

// Session makes credentials for a session of a role.
func (c *Callers) Session(caller Caller) (Credentials, Caller) {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails, see its documentation
	key := "ASIA" + strings.ToUpper(hex.EncodeToString(id))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[key] = caller
	return Credentials{AccessKeyID: key, SecretAccessKey: "lab", SessionToken: "lab"}, caller
}

// Belongs marks a session as one of a function.
func (c *Callers) Belongs(session Credentials, function string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	caller := c.sessions[session.AccessKeyID]
	caller.Function = function
	c.sessions[session.AccessKeyID] = caller
}

// Scope is what the signature of a request contains.
type Scope struct {
	Caller          Caller
	Region, Service string
}

// Place is where a request acts: the account of its caller, in the Region that it is signed for.
func (s Scope) Place() Place { return Place{s.Caller.Account, s.Region} }

var (
	credential  = regexp.MustCompile(`Credential=([A-Za-z0-9]+)/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request`)
	operatorKey = regexp.MustCompile(`^AKIA(\d{12})$`)
)

// Scope reads the credential scope of a request. It gives false for a request that is not signed, or is signed with an
// access key that is not of the lab.
func (c *Callers) Scope(r *http.Request) (Scope, bool) {
	text := r.Header.Get("Authorization")
	if text == "" {
		text = "Credential=" + r.URL.Query().Get("X-Amz-Credential")
	}
	m := credential.FindStringSubmatch(text)
	if m == nil {
		return Scope{}, false
	}
	s := Scope{Region: m[2], Service: m[3]}
	if o := operatorKey.FindStringSubmatch(m[1]); o != nil {
		s.Caller = Caller{Account: o[1], ARN: "arn:" + c.partition + ":iam::" + o[1] + ":user/lab-operator",
			UserID: OperatorID}
		return s, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	caller, known := c.sessions[m[1]]
	s.Caller = caller
	return s, known
}

// Scripted opens a second session for the scripts of an execution, to tell their calls from those of its steps.
func (c *Callers) Scripted(session Credentials) Credentials {
	c.mu.Lock()
	caller := c.sessions[session.AccessKeyID]
	c.mu.Unlock()
	caller.Script = true
	own, _ := c.Session(caller)
	return own
}
