// Package gateway is the endpoint of the lab. It identifies the caller of each request, checks permissions, applies
// faults, and hands the request to a service or to moto.
package gateway

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
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/faults"
	"hubmend/internal/lab/world"
)

// Gateway is the one endpoint of the lab, for all accounts and Regions.
type Gateway struct {
	Config
	Moto *httputil.ReverseProxy

	mu    sync.Mutex
	calls []APICall
}

// Config is what a gateway needs.
type Config struct {
	Lab       *world.World
	Authority permitter
	Forced    *faults.Interventions
	Serve     service // answers requests that are allowed
	Trail     recorder
	// Paths are handlers for what is not an API of AWS, by the beginning of the path.
	Paths map[string]http.Handler
	// Names gives the functions that name the calls of REST services, by service.
	Names map[string]func(method, path string) string
}

// service answers a request.
type service func(w http.ResponseWriter, r *http.Request, q apicall.Request)

// recorder keeps the calls that succeeded.
type recorder interface {
	Record(r *http.Request, q apicall.Request)
}

// permitter reports whether a request may go through.
type permitter interface {
	Authorize(r *http.Request, q apicall.Request) error
}

// APICall is one request that reached the lab.
type APICall struct {
	Caller   string // ARN
	Function string // the name of the function that made it, here or in a member account
	Service  string
	API      string
}

// MaxBody is the maximum size of a request.
const MaxBody = 64 << 20

// New gives the endpoint. Serve it with an http.Server.
func New(c Config) (*Gateway, error) {
	moto, err := url.Parse(c.Lab.Backend.Moto.URL())
	if err != nil {
		return nil, fmt.Errorf("read the emulator's address: %w", err)
	}
	return &Gateway{
		Config: c,
		Moto: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(moto)
				r.Out.Host = r.In.Host // moto builds queue URLs from it
			},
			// The caller is gone, or the emulator died, which Quiet notices.
			ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
				c.Lab.Log("gateway", r.Method+" "+r.URL.Path+": "+err.Error())
				w.WriteHeader(http.StatusBadGateway)
			},
		},
	}, nil
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The lab runs the scripts of documents and checks no signatures, so a page in a browser must not
	// reach it. A browser says where its request comes from, and no AWS client does.
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		http.Error(w, "the lab does not answer browsers", http.StatusForbidden)
		return
	}
	for path, handler := range g.Paths {
		if strings.HasPrefix(r.URL.Path, path) {
			handler.ServeHTTP(w, r)
			return
		}
	}
	s, ok := g.Lab.Callers.Scope(r)
	if !ok {
		apicall.WriteError(w, apicall.Protocol(r), &apicall.Error{Status: http.StatusForbidden,
			Code:    "UnrecognizedClientException",
			Message: "the request is not signed with credentials of the lab; use those that `hubmend lab up` printed"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		apicall.WriteError(w, "rest-json", &apicall.Error{Status: http.StatusRequestEntityTooLarge,
			Code: "RequestEntityTooLarge", Message: err.Error()})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	q := apicall.Request{Scope: s, API: g.apiName(r, s.Service, body), Body: body, Method: r.Method, Path: r.URL.Path,
		Query: r.URL.Query()}
	g.record(APICall{Caller: s.Caller.ARN, Function: s.Caller.Function, Service: s.Service, API: q.API})
	if s.Caller.Function != "" {
		g.serveFunction(w, r, q)
		return
	}
	if s.Caller.Script {
		g.serveScript(w, r, q)
		return
	}
	g.route(w, r, q)
}

func (g *Gateway) route(w http.ResponseWriter, r *http.Request, q apicall.Request) {
	if err := g.Authority.Authorize(r, q); err != nil {
		apicall.WriteError(w, apicall.Shape(q.Service, r), err)
		return
	}
	answer := &watched{ResponseWriter: w}
	g.Serve(answer, r, q)
	if answer.status < http.StatusBadRequest {
		g.Trail.Record(r, q)
	}
}

// watched notes the status of an answer.
type watched struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (g *Gateway) record(c APICall) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, c)
}

// apiName reads the name of the API in a request.
func (g *Gateway) apiName(r *http.Request, service string, body []byte) string {
	if name := g.Names[service]; name != nil {
		return name(r.Method, r.URL.Path)
	}
	if apicall.IsCBOR(r) {
		return apicall.CBORAPI(r)
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

// Calls lists the requests that reached the lab.
func (g *Gateway) Calls() []APICall {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}
