package table

import (
	"iter"
	"slices"
)

// Where lists the rows for which fits holds.
func Where[T any](rows iter.Seq[T], fits func(T) bool) []T {
	var out []T
	for x := range rows {
		if fits(x) {
			out = append(out, x)
		}
	}
	return out
}

// Unique lists the different values of a function over rows, in the order of their first rows.
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

// Each maps every row to a value.
func Each[T, V any](rows []T, made func(T) V) []V {
	out := make([]V, 0, len(rows))
	for _, x := range rows {
		out = append(out, made(x))
	}
	return out
}

// Words maps every row to a text, and leaves out the empty ones.
func Words[T any](rows []T, say func(T) string) []string {
	return slices.DeleteFunc(Each(rows, say), func(s string) bool { return s == "" })
}

// IndexBy maps keys to rows; where several rows have the same key, to the last.
func IndexBy[T any, K comparable](rows iter.Seq[T], say func(T) K) map[K]T {
	out := map[K]T{}
	for x := range rows {
		out[say(x)] = x
	}
	return out
}

// GroupMap maps each key to its rows, in their order.
func GroupMap[T any, K comparable](rows iter.Seq[T], key func(T) K) map[K][]T {
	out := map[K][]T{}
	for x := range rows {
		out[key(x)] = append(out[key(x)], x)
	}
	return out
}

// Submap returns the map at a key of a map of maps, and makes it where there is none.
func Submap[K, L comparable, V any](all map[K]map[L]V, key K) map[L]V {
	if all[key] == nil {
		all[key] = map[L]V{}
	}
	return all[key]
}

// GroupBy groups rows by key, in the order of the keys' first rows.
func GroupBy[T any, K comparable](rows []T, key func(T) K) [][]T {
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
