package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
)

// awsConfig reads the AWS configuration, and says what is missing in it.
func awsConfig(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	// What goes wrong is an error. The SDK's own warnings, which have their own form, say nothing more.
	cfg, err := config.LoadDefaultConfig(ctx, append(options, config.WithLogger(logging.Nop{}))...)
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("there is no Region; set AWS_REGION, or AWS_PROFILE to a profile with one")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("there are no AWS credentials; log in, or set AWS_PROFILE: %w", err)
	}
	return cfg, nil
}
