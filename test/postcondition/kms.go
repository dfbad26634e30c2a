package postcondition

func init() {
	controls["KMS.4"] = reader.keyRotates
}

// keyRotates is KMS.4: automatic rotation of the key is on.
func (r reader) keyRotates() (bool, error) {
	answer, err := r.call("kms", "GetKeyRotationStatus", map[string]any{"KeyId": r.resource})
	return answer["KeyRotationEnabled"] == true, err
}
