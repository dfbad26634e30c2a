// Package inputfile reads text files as people have them: from Windows, compressed, or from a pipe.
package inputfile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf16"
)

// Stdin is the name that stands for standard input.
const Stdin = "-"

// most is how long a text may be, so that a small archive does not fill the memory.
const most = 64 << 20

// Read gives the text of a file, or of standard input, as UTF-8 without a byte order mark.
func Read(name string) ([]byte, error) {
	if name == Stdin {
		return decode(os.Stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

func decode(from io.Reader) ([]byte, error) {
	text, err := limited(from)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("decompress: %w", err)
		}
		if text, err = limited(unzipped); err != nil {
			return nil, fmt.Errorf("decompress: %w", err)
		}
	}
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}):
		return fromUTF16(text[2:], binary.LittleEndian)
	case bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return fromUTF16(text[2:], binary.BigEndian)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

func limited(from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("the text is longer than %d MB", most>>20)
	}
	return text, err
}

func fromUTF16(text []byte, order binary.ByteOrder) ([]byte, error) {
	if len(text)%2 != 0 {
		return nil, errors.New("the text is cut off: it is UTF-16 with an odd number of bytes")
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return []byte(string(utf16.Decode(units))), nil
}
