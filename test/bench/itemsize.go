package main

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// writeUnit is how many bytes DynamoDB writes for one write request unit.
const writeUnit = 1024

// units are the write request units of so many bytes.
func units(bytes int) int { return max(1, (bytes+writeUnit-1)/writeUnit) }

type item = map[string]types.AttributeValue

// sizeOf is the size of an item as DynamoDB bills it: its names and its values.
func sizeOf(i item) int {
	bytes := 0
	for name, v := range i {
		bytes += len(name) + sizeOfValue(v)
	}
	return bytes
}

// The overhead of a list or map, and of each of its elements.
const (
	containerBytes = 3
	elementBytes   = 1
)

func sizeOfValue(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1 // two digits in a byte
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberL:
		bytes := containerBytes
		for _, element := range v.Value {
			bytes += elementBytes + sizeOfValue(element)
		}
		return bytes
	case *types.AttributeValueMemberM:
		return containerBytes + elementBytes*len(v.Value) + sizeOf(v.Value)
	case *types.AttributeValueMemberBOOL, *types.AttributeValueMemberNULL:
		return 1
	default:
		panic("the ledger writes a type of value that has no size here")
	}
}
