package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"hubmend/internal/aws/authz/reference"
)

// gateway is the one endpoint of the lab. It serves what no emulator has and passes the
// rest on to moto, with the account that the request's access key stands for.
type gateway struct {
	lab  *Lab
	moto *httputil.ReverseProxy

	mu        sync.Mutex
	calls     []APICall
	responses map[string]chan []byte // of custom resources, by token
}

// APICall is one request that reached the lab.
type APICall struct {
	Caller   string // ARN
	Function string // the name of the function that made it, here or in a member account
	Service  string
	API      string
}

// inMoto lists the services whose state moto holds. A service that is in neither place
// is an error: an answer that means nothing is worse than none.
var inMoto = []string{
	"ec2", "iam", "s3", "sqs", "sns", "dynamodb", "kms", "logs", "cloudtrail", "sts", "ssm", "monitoring", "tagging",
	"organizations",
	"rds", "elasticloadbalancing", "ecr", "cloudfront", "guardduty", "kinesis", // of runbooks only
}

// maxBody bounds a request to the lab.
const maxBody = 64 << 20

func newGateway(l *Lab, moto *url.URL) *gateway {
	return &gateway{
		lab:       l,
		responses: map[string]chan []byte{},
		moto: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(moto)
				r.Out.Host = r.In.Host // moto builds queue URLs from it
			},
			// A caller that went away, or an emulator that died, which Quiet notices.
			ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
				l.log("gateway", r.Method+" "+r.URL.Path+": "+err.Error())
				w.WriteHeader(http.StatusBadGateway)
			},
		},
	}
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The lab runs the scripts of documents and checks no signatures, so a page in a browser must not
	// reach it. A browser says where its request comes from, and no AWS client does.
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		http.Error(w, "the lab does not answer browsers", http.StatusForbidden)
		return
	}
	if token, ok := strings.CutPrefix(r.URL.Path, "/lab/responses/"); ok {
		g.takeResponse(w, r, token)
		return
	}
	if r.URL.Path == ClickPath {
		g.click(w, r)
		return
	}
	s, ok := g.lab.callers.scope(r)
	if !ok {
		writeError(w, protocol(r), &apiError{http.StatusForbidden, "UnrecognizedClientException",
			"the request is not signed with credentials of the lab; use those that `hubmend lab up` printed"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, "rest-json", &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", err.Error()})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	q := request{scope: s, api: apiName(r, s.service, body), body: body, method: r.Method, path: r.URL.Path,
		query: r.URL.Query()}
	g.record(APICall{Caller: s.caller.ARN, Function: s.caller.Function, Service: s.service, API: q.api})
	if s.caller.Function != "" {
		g.serveFunction(w, r, q)
		return
	}
	if s.caller.script {
		g.serveScript(w, r, q)
		return
	}
	g.route(w, r, q)
}

// request is an API call that the lab answers itself.
type request struct {
	scope
	api  string
	body []byte

	method, path string
	query        url.Values
}

// call names the call as botocore does. A request is signed for a name that several services may share.
func (q request) call() string {
	if called, ok := reference.Route(q.service, q.method, q.path, q.query); ok {
		return called.Service + ":" + called.API
	}
	return reference.Service(q.service, q.api) + ":" + q.api
}

func (g *gateway) route(w http.ResponseWriter, r *http.Request, q request) {
	if err := g.authorize(r, q); err != nil {
		writeError(w, shape(q.service, r), err)
		return
	}
	switch {
	case q.service == "securityhub":
		g.answer(w, "rest-json", g.lab.hub.serve, q)
	case q.service == "ssm" && automationAPIs[q.api] != nil:
		g.answer(w, "json", func(q request) (any, error) { return automationAPIs[q.api](g.lab.automation, q) }, q)
	case q.service == "ssm" && documentAPIs[q.api] != nil:
		g.serveDocument(w, r, q)
	case q.service == "sts" && (q.api == "AssumeRole" || q.api == "GetCallerIdentity"):
		g.answer(w, "query", g.lab.sts, q)
	case q.service == "cloudformation":
		g.answer(w, "query", g.lab.cloudFormation, q)
	case q.service == "lambda":
		g.answer(w, "rest-json", g.lab.functions.serve, q)
	case q.service == "events":
		g.answer(w, "json", g.lab.events.serve, q)
	case isCBOR(r):
		g.serveCBOR(w, r, q)
	case q.service == "servicecatalog":
		g.answer(w, "json", g.lab.catalog.serve, q)
	case q.service == "cloudtrail" && q.api == "LookupEvents": // for which moto has no answer at all
		writeError(w, "json",
			&apiError{http.StatusNotImplemented, "NotImplemented",
				"the lab records no calls for CloudTrail to look up"})
	case slices.Contains(inMoto, q.service):
		switch {
		case q.service == "sns" && q.api == "Publish":
			if err := g.lab.notices.record(q); err != nil {
				writeError(w, "query", err)
				return
			}
		case q.service == "sqs" && q.caller.Function != "":
			g.lab.queues.note(q)
		}
		r.Header.Set("X-Moto-Account-Id", q.caller.Account)
		r.Header.Set("X-Lab-User-Id", q.caller.UserID)
		switch {
		case q.service == "ssm" && q.api == "ListDocuments":
			g.serveListDocuments(w, r, q)
		case q.service == "iam":
			g.serveIAM(w, r, q)
		case q.call() == "s3control:"+q.api:
			g.serveS3Control(w, r, q)
		case q.service == "s3":
			g.serveS3(w, r, q)
		default:
			g.moto.ServeHTTP(w, r)
		}
	default:
		writeError(w, protocol(r), &apiError{http.StatusNotImplemented, "NotImplemented",
			fmt.Sprintf("the lab has no service %s (docs/lab.md lists those it has)", q.service)})
	}
}

func (g *gateway) answer(w http.ResponseWriter, protocol string, serve func(request) (any, error), q request) {
	out, err := serve(q)
	if err != nil {
		writeError(w, protocol, err)
		return
	}
	if protocol == "query" {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprint(w, out)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(out)
}

func (g *gateway) record(c APICall) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, c)
}

// expectResponse opens a URL that a custom resource answers to.
func (g *gateway) expectResponse() (token string, answered <-chan []byte) {
	token = uuid.NewString()
	c := make(chan []byte, 1)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.responses[token] = c
	return token, c
}

func (g *gateway) takeResponse(w http.ResponseWriter, r *http.Request, token string) {
	g.mu.Lock()
	c := g.responses[token]
	delete(g.responses, token)
	g.mu.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if c == nil || err != nil {
		http.Error(w, "nobody waits for this response", http.StatusNotFound)
		return
	}
	c <- body
}

// ClickPath is where the lab takes the click on a custom action, for which AWS has no API:
// a POST of a Click.
const ClickPath = "/lab/custom-action"

// Click is the use of a custom action on findings.
type Click struct {
	Action   string   `json:"action"`   // id of the group, such as CIS4142
	Findings []string `json:"findings"` // ids
}

func (g *gateway) click(w http.ResponseWriter, r *http.Request) {
	var c Click
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&c)
	if err == nil {
		err = g.lab.UseCustomAction(c.Action, c.Findings)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// apiName takes the API from where the protocol of the service puts it.
func apiName(r *http.Request, service string, body []byte) string {
	switch {
	case service == "securityhub":
		return hubAPI(r.Method, r.URL.Path)
	case service == "lambda":
		return lambdaAPI(r.Method, r.URL.Path)
	case isCBOR(r):
		return cborAPI(r)
	}
	if t := r.Header.Get("X-Amz-Target"); t != "" {
		return t[strings.LastIndex(t, ".")+1:]
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if form, err := url.ParseQuery(string(body)); err == nil {
			return form.Get("Action")
		}
	}
	if called, ok := reference.Route(service, r.Method, r.URL.Path, r.URL.Query()); ok {
		return called.API
	}
	return r.Method + " " + r.URL.Path
}

func protocol(r *http.Request) string {
	switch {
	case isCBOR(r):
		return "cbor"
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return "query"
	case r.Header.Get("X-Amz-Target") != "":
		return "json"
	}
	return "rest-json"
}
