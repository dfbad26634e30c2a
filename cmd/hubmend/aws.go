package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"hubmend/internal/ops/wording"
)

// loadConfig reads an AWS configuration.
func loadConfig(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	// Problems are errors. The SDK's own warnings have another form and add nothing.
	cfg, err := config.LoadDefaultConfig(ctx, append(options, config.WithLogger(logging.Nop{}), withMFA(ctx))...)
	var unknown config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &unknown):
		return cfg, fmt.Errorf("unknown AWS profile %s; `aws configure list-profiles` lists the profiles",
			wording.OneLine(unknown.Profile))
	case err != nil:
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return cfg, nil
}

// awsConfig reads the AWS configuration. Its error names what is missing.
func awsConfig(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	cfg, err := loadConfig(ctx, options...)
	if err != nil {
		return cfg, err
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS Region is set; set AWS_REGION, or AWS_PROFILE to a profile with one")
	}
	if err := checkRegion(cfg.Region); err != nil {
		return cfg, err
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, noCredentials(err)
	}
	return cfg, nil
}

// noCredentials explains why there are none. The SDK looks at an EC2 instance's own last; that this is not one would
// only confuse.
func noCredentials(err error) error {
	switch {
	case errors.Is(err, errNoTerminal):
		return errNoTerminal
	case errors.Is(err, context.Canceled):
		return errInterrupted
	}
	const advice = "no AWS credentials found; log in, or set AWS_PROFILE"
	if strings.Contains(err.Error(), "no EC2 IMDS role found") {
		return errors.New(advice)
	}
	return fmt.Errorf("%s: %s", advice, wording.OneLine(err.Error()))
}
