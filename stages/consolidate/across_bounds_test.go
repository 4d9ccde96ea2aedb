package consolidate

import (
	"math/rand/v2"
	"testing"
	"time"

	"lianheti/stages/table"
)

// Requirements
//  1. The share is of characters in passages of the other, from either side; texts shorter than a passage share nothing.
//  2. Forty texts of 32,000 characters that nearly agree are compared within seconds.
func TestLongTextsAreComparedInTime(t *testing.T) {
	shares := alike([]table.Text{{Text: "甲乙丙丁戊己庚辛壬癸"}, {Text: "甲乙丙丁戊己庚辛"}, {Text: "甲乙"}, {}})
	if shares[0][1] != 0.8 || shares[1][0] != 1 || shares[2][0] != 0 || shares[3][3] != 0 {
		t.Errorf("shares are %v", shares)
	}
	r := rand.New(rand.NewPCG(1, 2))
	sign := func() rune { return 0x4E00 + r.Int32N(3000) }
	base := make([]rune, 32000)
	for i := range base {
		base[i] = sign()
	}
	var texts []table.Text
	for range 40 {
		for range 50 {
			base[r.IntN(len(base))] = sign()
		}
		texts = append(texts, table.Text{Text: string(base)})
	}
	began := time.Now()
	shares = alike(texts)
	if took := time.Since(began); took > 10*time.Second || shares[0][1] < 0.9 {
		t.Errorf("%v, and the share is %v", took, shares[0][1])
	}
}
