package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/scripts"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

// operator has the AWS credentials of the person at the terminal, and runs a runbook's reads with them.
// Nothing is started before it is needed.
type operator struct {
	root        string   // folder of a checkout, whose Python is preferred
	environment []string // of this process

	credentials aws.CredentialsProvider // once they were read: an MFA code is asked for once, and valid once

	python python.Config
	worker *python.Worker
}

// passedOn are the variables that calls need behind a company's proxy. Credentials are passed with each call.
var passedOn = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy",
	"AWS_CA_BUNDLE", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"}

// start starts the worker that makes calls, unless it runs.
func (o *operator) start(ctx context.Context) error {
	if o.worker != nil {
		return nil
	}
	h, err := findHome(o.root)
	if err != nil {
		return err
	}
	interpreter, err := python.FindWithBoto3(ctx, h.folder)
	if err != nil {
		return err
	}
	o.python = python.Config{Python: interpreter, Env: wayOut(o.environment)}
	if o.worker, err = python.StartWorker(ctx, o.python); err != nil {
		return errors.New(wording.OneLine(err.Error()))
	}
	return nil
}

func (o *operator) close() {
	if o.worker != nil {
		o.worker.Close()
	}
}

// wayOut picks the variables that are passed on. The worker uses no proxy unless NO_PROXY is empty.
func wayOut(environment []string) []string {
	var passed []string
	for _, variable := range environment {
		if name, _, _ := strings.Cut(variable, "="); slices.Contains(passedOn, name) {
			passed = append(passed, variable)
		}
	}
	if len(passed) > 0 {
		passed = append([]string{"NO_PROXY="}, passed...)
	}
	return passed
}

// open reads the AWS configuration for a Region, or for its own, and looks up whose credentials they are.
func (o *operator) open(ctx context.Context, region string) (aws.Config, request.Person, error) {
	var options []func(*config.LoadOptions) error
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if o.credentials != nil {
		options = append(options, config.WithCredentialsProvider(o.credentials))
	}
	cfg, err := awsConfig(ctx, options...)
	if err != nil {
		return cfg, request.Person{}, errors.New(wording.OneLine(err.Error()))
	}
	o.credentials = cfg.Credentials
	who, err := request.Caller(ctx, sts.NewFromConfig(cfg))
	if err != nil {
		return cfg, request.Person{}, awsError(cfg.Region, err)
	}
	return cfg, who, nil
}

// in gives access to a Region. Credentials of another account than this are an error, unless it is empty.
func (o *operator) in(ctx context.Context, region, account string) (scripts.Account, error) {
	cfg, who, err := o.open(ctx, region)
	if err != nil {
		return scripts.Account{}, err
	}
	if account != "" && account != who.Account {
		return scripts.Account{},
			fmt.Errorf("the resource is in account %s, and these AWS credentials are of account %s (%s); log in to "+
				"%[1]s, or choose another AWS_PROFILE",
				account, who.Account, who.ARN)
	}
	if err := o.start(ctx); err != nil {
		return scripts.Account{}, err
	}
	return scripts.Account{Worker: o.worker, Region: region, Endpoint: aws.ToString(cfg.BaseEndpoint),
		Credentials: cfg.Credentials}, nil
}

// programs gives what runs scripts that call AWS, with the same credentials, Region and endpoint.
func (o *operator) programs(ctx context.Context, account scripts.Account) (automation.Scripts, error) {
	c, err := account.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("get AWS credentials: %w", err)
	}
	return scripts.Scripts{Python: o.python, Access: &python.Access{
		Region: account.Region, Endpoint: account.Endpoint,
		Credentials: python.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey,
			SessionToken: c.SessionToken},
	}}, nil
}
