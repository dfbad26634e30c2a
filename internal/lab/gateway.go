package lab

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	"hubmend/internal/aws/authz/reference"
)

// gateway is the one endpoint of the lab. It gives each request to the service that answers it, with the account that
// the request's access key stands for.
type gateway struct {
	gatewayConfig
	moto *httputil.ReverseProxy

	mu    sync.Mutex
	calls []APICall
}

// gatewayConfig is what a gateway needs.
type gatewayConfig struct {
	lab       *world
	authority permitter
	forced    *interventions
	serve     service                                     // answers what may go through
	paths     map[string]http.Handler                     // what is no API of AWS, by the beginning of its path
	names     map[string]func(method, path string) string // name the calls of REST services
}

// service answers a request.
type service func(w http.ResponseWriter, r *http.Request, q request)

// permitter says whether a request may go through.
type permitter interface {
	authorize(r *http.Request, q request) error
}

// APICall is one request that reached the lab.
type APICall struct {
	Caller   string // ARN
	Function string // the name of the function that made it, here or in a member account
	Service  string
	API      string
}

// maxBody bounds a request to the lab.
const maxBody = 64 << 20

func newGateway(c gatewayConfig) (*gateway, error) {
	moto, err := url.Parse(c.lab.backend.moto.URL())
	if err != nil {
		return nil, fmt.Errorf("read the emulator's address: %w", err)
	}
	return &gateway{
		gatewayConfig: c,
		moto: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(moto)
				r.Out.Host = r.In.Host // moto builds queue URLs from it
			},
			// The caller is gone, or the emulator died, which Quiet notices.
			ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
				c.lab.log("gateway", r.Method+" "+r.URL.Path+": "+err.Error())
				w.WriteHeader(http.StatusBadGateway)
			},
		},
	}, nil
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The lab runs the scripts of documents and checks no signatures, so a page in a browser must not
	// reach it. A browser says where its request comes from, and no AWS client does.
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		http.Error(w, "the lab does not answer browsers", http.StatusForbidden)
		return
	}
	for path, handler := range g.paths {
		if strings.HasPrefix(r.URL.Path, path) {
			handler.ServeHTTP(w, r)
			return
		}
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
	q := request{scope: s, api: g.apiName(r, s.service, body), body: body, method: r.Method, path: r.URL.Path,
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

func (g *gateway) route(w http.ResponseWriter, r *http.Request, q request) {
	if err := g.authority.authorize(r, q); err != nil {
		writeError(w, shape(q.service, r), err)
		return
	}
	g.serve(w, r, q)
}

func (g *gateway) record(c APICall) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, c)
}

// apiName takes the API from where the protocol of the service puts it.
func (g *gateway) apiName(r *http.Request, service string, body []byte) string {
	if name := g.names[service]; name != nil {
		return name(r.Method, r.URL.Path)
	}
	if isCBOR(r) {
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

// requests lists those that reached the lab.
func (g *gateway) requests() []APICall {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}
