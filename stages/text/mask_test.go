package text

import (
	"strings"
	"testing"
)

// Requirements
//  1. Phones, identity numbers and mail addresses disappear, however they are spaced or typed.
//  2. Figures, hashes, years and codes stay.
//  3. Masking twice is masking once.
func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"联系人13900001111。":           "联系人〔电话已隐去〕。",
		"139 0000 1111":             "〔电话已隐去〕",
		"139-0000-1111、13900002222": "〔电话已隐去〕、〔电话已隐去〕",
		"+86 13900001111":           "〔电话已隐去〕",
		"１３９００００１１１１":               "〔电话已隐去〕",
		"办公室（0591）87654321":         "办公室〔电话已隐去〕",
		"0591-87654321":             "〔电话已隐去〕",
		"010-6765 4321":             "〔电话已隐去〕",
		"059387654321":              "〔电话已隐去〕",
		"电话：87654321":               "电话：〔电话已隐去〕",
		"身份证350102199001011234":     "身份证〔证件号已隐去〕",
		"35010219900101123x，":       "〔证件号已隐去〕，",
		"350102 19900101 1234":      "〔证件号已隐去〕",
		"zhang.san@example.com":     "〔邮箱已隐去〕",
		"推荐书13900001111.xlsx":       "推荐书〔电话已隐去〕.xlsx",
		"总产值 12345678 万元":           "总产值 12345678 万元",
		"1,390,000,111,122":         "1,390,000,111,122",
		"a13900001111f":             "a13900001111f",
		"0.13900001111":             "0.13900001111",
		"213900001111":              "213900001111",
		"闽教职成〔2024〕13号、2024-08-01、前三年": "闽教职成〔2024〕13号、2024-08-01、前三年",
		"每年12月31日":      "每年12月31日",
		"0+@z.cn+@z.cn": "〔邮箱已隐去〕〔邮箱已隐去〕", "a@b.cn-１３９００００１１１１": "〔邮箱已隐去〕〔电话已隐去〕",
	} {
		if got := Mask(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("电话13900001111，邮箱a@b.cn，350102199001011234")
	f.Add("139 0000 1111 1390000 11113900001111")
	f.Fuzz(func(t *testing.T, s string) {
		once := Mask(s)
		if twice := Mask(once); twice != once {
			t.Errorf("%q becomes %q, then %q", s, once, twice)
		}
		if padded := Mask("手机 13900001111 " + s); !strings.HasPrefix(padded, "手机 "+maskedPhone) {
			t.Errorf("a phone is seen in %q", padded)
		}
	})
}
