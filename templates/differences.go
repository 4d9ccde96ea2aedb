package templates

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"lianheti/stages/text"

	"go.yaml.in/yaml/v4"
)

// Differences lists where a definition differs in what it says from the shipped one of its year.
func (d *Definition) Differences() []string {
	official, err := filesOf(shipped, "templates", d.Year)
	if err != nil { // it does not ship
		return nil
	}
	var out []string
	for _, name := range sortedKeys(d.Texts, official) {
		if bytes.Equal(d.Texts[name], official[name]) {
			continue
		}
		was, is := leaves(official[name]), leaves(d.Texts[name])
		for _, at := range sortedKeys(was, is) {
			if was[at] != is[at] {
				out = append(out, fmt.Sprintf("%s %s（%s→%s）", path.Base(name), at, brief(was[at]), brief(is[at])))
			}
		}
	}
	return out
}

// leaves gives what stands at each place of a file; items of a list are known by their ids where they have one.
func leaves(text []byte) map[string]string {
	out := map[string]string{}
	var root any
	if yaml.Load(text, &root) != nil {
		return out
	}
	var walk func(at []string, v any)
	walk = func(at []string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, x := range v {
				walk(append(slices.Clone(at), key), x)
			}
		case []any:
			for i, x := range v {
				name := fmt.Sprint(i + 1)
				if m, ok := x.(map[string]any); ok && m["id"] != nil {
					name = fmt.Sprint(m["id"])
				}
				walk(append(slices.Clone(at), name), x)
			}
		case time.Time: // a date without quotes
			out[strings.Join(at, "/")] = v.Format(time.DateOnly)
		default:
			out[strings.Join(at, "/")] = fmt.Sprint(v)
		}
	}
	walk(nil, root)
	return out
}

func sortedKeys[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func brief(s string) string {
	const longest = 20
	return cmp.Or(text.Clip(s, longest-1), "无")
}
