// Package awsclient configures how a process calls AWS: over which connections, and for how long.
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
	// CallTime is how long one try of a call may take, from the connection to the last byte of the
	// answer. No call of Hubmend takes a second when its Region is well.
	CallTime = 8 * time.Second
	// dialTime and handshakeTime leave time to try once more within CallTime.
	dialTime      = 3 * time.Second
	handshakeTime = 3 * time.Second
	// idleConnections are those kept open to one endpoint: a batch of twenty targets may start
	// all of them at once.
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

// shared gives the one client that every client of a service uses. The SDK copies a client that
// it can configure for each client of a service, and with it the pool of connections. It leaves a
// frozen one alone, and sets no timeouts for it either: CallTime takes their place. A read timeout
// of the connection would do so too, but it also ends connections that are only idle.
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

// Trusting gives the same client for a server with a certificate of its own, as tests have one.
func Trusting(certificate *x509.Certificate) aws.HTTPClient {
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return shared(awshttp.NewBuildableClient().WithTransportOptions(
		func(t *http.Transport) { t.TLSClientConfig.RootCAs = roots }))
}
