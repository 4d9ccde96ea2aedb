package table

import (
	"iter"
	"slices"
)

// Where lists the rows that fit.
func Where[T any](rows iter.Seq[T], fits func(T) bool) []T {
	var out []T
	for x := range rows {
		if fits(x) {
			out = append(out, x)
		}
	}
	return out
}

// Unique lists what rows say, each once, in their order.
func Unique[T any, K comparable](rows []T, say func(T) K) []K {
	var out []K
	seen := map[K]bool{}
	for _, x := range rows {
		if s := say(x); !seen[s] {
			seen[s], out = true, append(out, s)
		}
	}
	return out
}

// Each makes something of every row.
func Each[T, V any](rows []T, made func(T) V) []V {
	out := make([]V, 0, len(rows))
	for _, x := range rows {
		out = append(out, made(x))
	}
	return out
}

// Words lists what rows say, without those that say nothing.
func Words[T any](rows []T, say func(T) string) []string {
	return slices.DeleteFunc(Each(rows, say), func(s string) bool { return s == "" })
}

// By finds rows by what they say; of several that say the same, the last.
func By[T any, K comparable](rows iter.Seq[T], say func(T) K) map[K]T {
	out := map[K]T{}
	for x := range rows {
		out[say(x)] = x
	}
	return out
}

// Gathered puts together what has the same key, to be found by it.
func Gathered[T any, K comparable](rows iter.Seq[T], key func(T) K) map[K][]T {
	out := map[K][]T{}
	for x := range rows {
		out[key(x)] = append(out[key(x)], x)
	}
	return out
}

// In gives the map that stands at a key in a map of maps, a new one where there is none.
func In[K, L comparable, V any](all map[K]map[L]V, key K) map[L]V {
	if all[key] == nil {
		all[key] = map[L]V{}
	}
	return all[key]
}

// Grouped puts together what has the same key, in the order in which the keys come first.
func Grouped[T any, K comparable](rows []T, key func(T) K) [][]T {
	var out [][]T
	at := map[K]int{}
	for _, r := range rows {
		i, known := at[key(r)]
		if !known {
			i = len(out)
			at[key(r)], out = i, append(out, nil)
		}
		out[i] = append(out[i], r)
	}
	return out
}
