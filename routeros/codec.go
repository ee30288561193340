package routeros

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A codec turns a property's text into a field and back.
type codec struct {
	decode func(v reflect.Value, text string) error
	encode func(v reflect.Value) (string, error)
}

// codecOf returns the codec of a field of type t. Ok is false if there is
// none, which is a mistake in a resource's declaration.
func codecOf(t reflect.Type) (c codec, ok bool) {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return codec{decodeDuration, encodeDuration}, true
	case t.Kind() == reflect.String: // Secret too, whose text form is hidden.
		return codec{decodeString, encodeString}, true
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) &&
		t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return codec{decodeText, encodeText}, true
	case t.Kind() == reflect.Bool:
		return codec{decodeBool, encodeBool}, true
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return codec{decodeInt, encodeInt}, true
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		return codec{decodeUint, encodeUint}, true
	case t == reflect.TypeFor[[]string]():
		return codec{decodeList, encodeList}, true
	}
	return codec{}, false
}

func decodeString(v reflect.Value, text string) error {
	v.SetString(text)
	return nil
}

func encodeString(v reflect.Value) (string, error) { return v.String(), nil }

func decodeDuration(v reflect.Value, text string) error {
	if text == "" {
		v.SetInt(0)
		return nil
	}
	d, err := ParseDuration(text)
	v.SetInt(int64(d))
	return err
}

func encodeDuration(v reflect.Value) (string, error) {
	return FormatDuration(time.Duration(v.Int())), nil
}

// decodeBool takes what RouterOS prints (true, false) and what it is told
// (yes, no).
func decodeBool(v reflect.Value, text string) error {
	switch text {
	case "true", "yes":
		v.SetBool(true)
	case "false", "no":
		v.SetBool(false)
	default:
		return fmt.Errorf("%q is neither true nor false", clip(text))
	}
	return nil
}

func encodeBool(v reflect.Value) (string, error) {
	if v.Bool() {
		return "yes", nil
	}
	return "no", nil
}

// decodeInt and decodeUint take decimal and, as priorities are printed,
// hexadecimal behind 0x.
func decodeInt(v reflect.Value, text string) error {
	n, err := strconv.ParseInt(text, 10, v.Type().Bits())
	if err != nil {
		return fmt.Errorf("%q is not a number of %d bits", clip(text), v.Type().Bits())
	}
	v.SetInt(n)
	return nil
}

func encodeInt(v reflect.Value) (string, error) { return strconv.FormatInt(v.Int(), 10), nil }

func decodeUint(v reflect.Value, text string) error {
	digits, base := text, 10
	if hex, ok := strings.CutPrefix(text, "0x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, v.Type().Bits())
	if err != nil {
		return fmt.Errorf("%q is not a number of %d bits", clip(text), v.Type().Bits())
	}
	v.SetUint(n)
	return nil
}

func encodeUint(v reflect.Value) (string, error) { return strconv.FormatUint(v.Uint(), 10), nil }

func decodeList(v reflect.Value, text string) error {
	if text == "" {
		v.SetZero()
		return nil
	}
	v.Set(reflect.ValueOf(strings.Split(text, ",")))
	return nil
}

func encodeList(v reflect.Value) (string, error) {
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = v.Index(i).String()
	}
	return strings.Join(parts, ","), nil
}

func decodeText(v reflect.Value, text string) error {
	u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr())
	if !ok {
		return fmt.Errorf("%s has no text form", v.Type())
	}
	if err := u.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("%q: %w", clip(text), err)
	}
	return nil
}

func encodeText(v reflect.Value) (string, error) {
	m, ok := reflect.TypeAssert[encoding.TextMarshaler](v)
	if !ok {
		return "", fmt.Errorf("%s has no text form", v.Type())
	}
	text, err := m.MarshalText()
	return string(text), err
}
