package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/exposure"
	"hubmend/internal/ops/hubv2"
	"hubmend/internal/ops/wording"
)

// v2ID matches the ids of the new Security Hub: metadata.uid, and finding_info.uid where that is not an ARN.
var v2ID = regexp.MustCompile(`^([0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

func isV2ID(id string) bool { return v2ID.MatchString(id) }

// isID reports whether a text can be the id of a finding in either Security Hub, or of an exposure.
func isID(id string) bool { return isV2ID(id) || strings.HasPrefix(id, "arn:") && len(id) <= 512 }

// cspmIDs replaces ids of the new Security Hub by those of Security Hub CSPM. The only id may be that of an exposure.
func cspmIDs(ctx context.Context, a asking, ids []string) (inCSPM []string, exposed *exposure.Exposure, err error) {
	for _, id := range ids {
		if !isV2ID(id) {
			inCSPM = append(inCSPM, id)
			continue
		}
		f, e, err := lookUp(ctx, a, id)
		switch {
		case err != nil:
			return nil, nil, err
		case e != nil && len(ids) > 1:
			return nil, nil, notAlone(id)
		case e != nil:
			return nil, e, nil
		}
		inCSPM = append(inCSPM, f.ID)
	}
	return inCSPM, nil, nil
}

// notAlone is the error of an exposure among other ids.
func notAlone(id string) error {
	return fmt.Errorf("%s is an exposure; name it without other ids", wording.OneLine(id))
}

// lookUp reads a control finding or an exposure from the new Security Hub.
func lookUp(ctx context.Context, a asking, id string) (finding.Finding, *exposure.Exposure, error) {
	document, err := findV2(ctx, a, id)
	if err != nil {
		return finding.Finding{}, nil, err
	}
	return eitherOf(id, document)
}

// findV2 reads the document of a finding from the new Security Hub.
func findV2(ctx context.Context, a asking, id string) (json.RawMessage, error) {
	documents, err := hubv2.Find(ctx, securityhub.NewFromConfig(a.cfg), id)
	switch {
	case err != nil:
		return nil, v2Error(a, err)
	case len(documents) == 0:
		return nil, notInV2{fmt.Errorf("the new Security Hub has no finding %s that account %s can see in %s; check "+
			"the id, the account and the Region", wording.OneLine(id), a.person.Account, a.cfg.Region)}
	}
	return documents[0], nil
}

// eitherOf reads a control finding or an exposure.
func eitherOf(id string, document json.RawMessage) (finding.Finding, *exposure.Exposure, error) {
	e, err := exposure.Parse(document)
	if err == nil {
		return finding.Finding{}, &e, nil
	}
	if !errors.Is(err, exposure.ErrOther) {
		return finding.Finding{}, nil, fmt.Errorf("cannot read %s: %s", wording.OneLine(id),
			wording.OneLine(err.Error()))
	}
	f, err := finding.ParseOCSF(document)
	if err != nil {
		return finding.Finding{}, nil, fmt.Errorf("%s is neither a control finding nor an exposure: %s",
			wording.OneLine(id), wording.OneLine(err.Error()))
	}
	return f, nil, nil
}

// exposureOf returns the exposure with an id that Security Hub CSPM does not have. Without one, the error is that of
// the missing finding.
func exposureOf(ctx context.Context, a asking, missing notInHub) (*exposure.Exposure, error) {
	document, err := findV2(ctx, a, missing.id)
	switch {
	case errors.As(err, &notInV2{}):
		return nil, missing
	case err != nil:
		return nil, fmt.Errorf("%w; it may be an exposure, but the new Security Hub cannot be read: %w", missing, err)
	}
	_, e, err := eitherOf(missing.id, document)
	if err == nil && e == nil {
		err = missing
	}
	return e, err
}

// notInV2 is the error of an id that the new Security Hub does not have, or when it is not enabled.
type notInV2 struct{ error }

// v2Error explains an error of the new Security Hub.
func v2Error(a asking, err error) error {
	if errors.Is(err, hubv2.ErrNotEnabled) {
		return notInV2{fmt.Errorf("the new Security Hub is not enabled in account %s, %s, so it has no findings or "+
			"exposures there; check with `aws securityhub describe-security-hub-v2 --region %[2]s`", a.person.Account,
			a.cfg.Region)}
	}
	return hubError(a.cfg.Region, err)
}
