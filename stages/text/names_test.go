package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Requirements
//  1. Names that look alike have one key, whatever was put into one of them that nobody sees.
//  2. Names that are different units' have different keys.
func TestNamesThatLookAlikeAreOne(t *testing.T) {
	const name = "福州工业职业技术学院(闽侯)"
	for _, same := range []string{"福州工业职业技术学院（闽侯）", "福州 工业职业技术学院 (闽侯)（公章）", "福州⼯业职业技术学院(闽侯)", "福州工業職業技術學院（閩侯）"} {
		if got := NameKey(same); got != name {
			t.Errorf("%q has the key %q", same, got)
		}
	}
	for _, unseen := range []string{"\u200b", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u202e", "\u00a0", "\u3000", "\u180e", "\u200d",
		"\u3164", "\ufe0f", "\u034f", "\u2800", "\u17b5", "\U000E0100", "\uffa0", "\u115f", "\u1160", "\ue000", "\ufff9", "\U000E0041"} {
		if got := NameKey("福州" + unseen + "工业职业技术学院(闽侯)" + unseen); got != name {
			t.Errorf("with %+q the key is %+q", unseen, got)
		}
	}
	for a, b := range map[string]string{"ＡＢＣ科技有限公司": "abc科技有限公司", "某某ｶﾞｽ公司": "某某ガス公司",
		"東僑新能源職業學院": "东侨新能源职业学院"} {
		if NameKey(a) != NameKey(b) {
			t.Errorf("%q and %q have two keys", a, b)
		}
	}
	for a, b := range map[string]string{"福州有限公司": "福州有限责任公司", "福州一中": "福州二中"} {
		if NameKey(a) == NameKey(b) {
			t.Errorf("%q and %q have one key", a, b)
		}
	}
}

func TestFileName(t *testing.T) {
	for text, want := range map[string]string{
		"福州/物联网": "福州_物联网", "a:b?c": "a_b_c", "末尾. .": "末尾", "CON": "_CON", "nul.表": "_nul.表", "com1": "_com1", "console": "console", "a\tb\n": "a_b_", "": "", "...": "",
	} {
		if got := FileName(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := FileName(strings.Repeat("联", 255)); len(got) > longestName || !utf8.ValidString(got) || len(got) < longestName-3 {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
