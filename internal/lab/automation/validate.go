package automation

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dlclark/regexp2"

	"hubmend/internal/catalog/runbook"
)

// The API's limits on what StartAutomationExecution carries. A longer value has been
// seen to work in AWS, but nothing promises that it will.
const (
	maxParameters  = 200
	maxValues      = 50
	maxValueLength = 512
)

// Validate refuses what StartAutomationExecution would refuse: a parameter that the
// document does not declare, a required one that is missing, and values of the wrong
// type or outside allowedValues, allowedPattern, minItems and maxItems. The error names
// every problem.
func Validate(doc *runbook.Document, parameters map[string][]string) error {
	_, err := parameterValues(doc, parameters)
	return err
}

// parameterValues gives the typed values of the document's parameters, defaults included.
func parameterValues(doc *runbook.Document, given map[string][]string) (map[string]any, error) {
	var errs []error
	if len(given) > maxParameters {
		errs = append(errs, fmt.Errorf("%d parameters are given, but at most %d are allowed", len(given),
			maxParameters))
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := doc.Parameters[name]; !ok {
			errs = append(errs, fmt.Errorf("parameter %s is not declared by the document", name))
		}
	}
	values := make(map[string]any, len(doc.Parameters))
	for _, name := range slices.Sorted(maps.Keys(doc.Parameters)) {
		texts, ok := given[name]
		value, err := parameterValue(doc.Parameters[name], texts, ok)
		if err != nil {
			errs = append(errs, fmt.Errorf("parameter %s: %w", name, err))
		}
		values[name] = value
	}
	return values, errors.Join(errs...)
}

func parameterValue(p runbook.Parameter, texts []string, given bool) (any, error) {
	if !given {
		return defaultValue(p)
	}
	value, err := parse(p.Kind(), texts)
	if err != nil {
		return nil, err
	}
	return value, errors.Join(checkCount(p, texts), checkTexts(p, texts))
}

func defaultValue(p runbook.Parameter) (any, error) {
	if p.Default == nil {
		return nil, errors.New("is required, but has no value")
	}
	// The service resolves {{ ssm:path }} here and refuses a reference to another
	// parameter; this executor reads no Parameter Store.
	if strings.Contains(text(p.Default), "{{") {
		return nil, errors.New("the default holds a reference, which this executor does not resolve; pass a value")
	}
	value, err := conform(p.Kind(), p.Default)
	if err != nil {
		return nil, fmt.Errorf("default: %w", err)
	}
	return value, nil
}

func checkCount(p runbook.Parameter, texts []string) error {
	switch n := len(texts); {
	case n > maxValues:
		return fmt.Errorf("has %d values, but at most %d are allowed", n, maxValues)
	case n < p.MinItems:
		return fmt.Errorf("has %d values, but at least %d are required", n, p.MinItems)
	case p.MaxItems > 0 && n > p.MaxItems:
		return fmt.Errorf("has %d values, but at most %d are allowed", n, p.MaxItems)
	}
	return nil
}

// checkTexts checks each value, of a list each item.
func checkTexts(p runbook.Parameter, texts []string) error {
	// The service matches the whole value, anchors or not. Its patterns are Java's, which look ahead, as Go's
	// own cannot.
	pattern, err := regexp2.Compile(`\A(?:`+p.AllowedPattern+`)\z`, regexp2.None)
	if err != nil {
		return fmt.Errorf("allowedPattern: %w", err)
	}
	for _, t := range texts {
		switch {
		case t == "" || len([]rune(t)) > maxValueLength:
			return fmt.Errorf("value has %d characters, but must have 1 to %d", len([]rune(t)), maxValueLength)
		case len([]rune(t)) < p.MinChars || p.MaxChars > 0 && len([]rune(t)) > p.MaxChars:
			return fmt.Errorf("value %q must have %d to %d characters", t, p.MinChars,
				cmp.Or(p.MaxChars, maxValueLength))
		case len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, t):
			return fmt.Errorf("value %q is not one of the allowed values %s", t, strings.Join(p.AllowedValues, ", "))
		}
		if ok, err := pattern.MatchString(t); err != nil || p.AllowedPattern != "" && !ok {
			return errors.Join(fmt.Errorf("value %q does not match the allowed pattern %s", t, p.AllowedPattern), err)
		}
	}
	return nil
}
