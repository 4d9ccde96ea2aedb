package text

import "cmp"

// Common counts what two sorted lists have in common, each entry as often as it stands in both.
func Common[T cmp.Ordered](a, b []T) (n int) {
	for i, k := 0, 0; i < len(a) && k < len(b); {
		switch c := cmp.Compare(a[i], b[k]); {
		case c < 0:
			i++
		case c > 0:
			k++
		default:
			n, i, k = n+1, i+1, k+1
		}
	}
	return n
}
