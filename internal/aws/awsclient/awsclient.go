// Package awsclient configures connections and timeouts for AWS calls.
package awsclient

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

const (
	// CallTime is the timeout of one attempt of a call, from the connection to the last byte of the answer. Hubmend's
	// calls normally take less than a second.
	CallTime = 8 * time.Second
	// dialTime and handshakeTime leave time for another attempt within CallTime.
	dialTime      = 3 * time.Second
	handshakeTime = 3 * time.Second
	// idleConnections is the number of connections kept open to an endpoint. A batch of twenty targets may start all of
	// them at once.
	idleConnections = 20
)

// Load reads the AWS configuration of the process.
func Load(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		cfg.HTTPClient = shared(cfg.HTTPClient)
	}
	return cfg, err
}

// shared returns a frozen HTTP client for all services. The SDK would copy a configurable client for each service, with
// a connection pool of its own. It sets no timeouts on a frozen client, so CallTime replaces them. A read timeout of
// the connection would also close idle connections.
func shared(configured aws.HTTPClient) aws.HTTPClient {
	client, ok := configured.(*awshttp.BuildableClient) // it has the CA bundle that the environment names
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	return client.
		WithTimeout(CallTime).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTime }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout, t.MaxIdleConnsPerHost = handshakeTime, idleConnections
		}).
		Freeze()
}

// Trusting returns the same client for a server with its own certificate, for tests.
func Trusting(certificate *x509.Certificate) aws.HTTPClient {
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return shared(awshttp.NewBuildableClient().WithTransportOptions(
		func(t *http.Transport) { t.TLSClientConfig.RootCAs = roots }))
}
