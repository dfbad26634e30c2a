package eventpattern

import (
	"encoding/json"
	"fmt"
)

// decodeValue reads the next JSON value and refuses an object with a duplicate key. EventBridge would use the last one,
// which can turn a pasted filter into another one.
func decodeValue(d *json.Decoder, path string) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return decodeObject(d, path)
	case json.Delim('['):
		return decodeArray(d, path)
	default:
		return token, nil
	}
}

func decodeObject(d *json.Decoder, path string) (any, error) {
	object := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("%s: %v is not a key", path, key)
		}
		at := join(path, name)
		if _, ok := object[name]; ok {
			return nil, fmt.Errorf("%s: duplicate key", at)
		}
		if object[name], err = decodeValue(d, at); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

func decodeArray(d *json.Decoder, path string) (any, error) {
	array := []any{}
	for d.More() {
		v, err := decodeValue(d, element(path, len(array)))
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	_, err := d.Token()
	return array, err
}

func element(path string, index int) string { return fmt.Sprintf("%s[%d]", path, index) }
