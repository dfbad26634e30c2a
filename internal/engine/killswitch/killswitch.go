// Package killswitch reads the one parameter with which an administrator stops every start.
package killswitch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"hubmend/internal/engine/naming"
)

// API is what the package needs of Systems Manager.
type API interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
}

// Switch is the parameter, read at most once in CacheFor. Anything but naming.SwitchActive pauses,
// so that a slip of the pen is safe.
type Switch struct {
	Client API
	Name   string
	Now    func() time.Time

	mu     sync.Mutex
	paused bool
	readAt time.Time
}

// CacheFor is how long a warm function goes by what it read.
const CacheFor = 10 * time.Second

// Paused reports whether nothing may be started now. A parameter that cannot be read is an
// error, because then it is unknown.
func (s *Switch) Paused(ctx context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.Now(); s.readAt.IsZero() || now.Sub(s.readAt) >= CacheFor {
		out, err := s.Client.GetParameter(ctx, &ssm.GetParameterInput{Name: &s.Name})
		if err != nil {
			return true, fmt.Errorf("read the switch %s: %w", s.Name, err)
		}
		s.paused, s.readAt = aws.ToString(out.Parameter.Value) != naming.SwitchActive, now
	}
	return s.paused, nil
}
