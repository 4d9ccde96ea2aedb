package text

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Requirements
//  1. Phones, identity numbers and mail addresses disappear, however they are typed: any width, circled, in words, with invisible or
//     separating characters between, glued to letters or other numbers. What is called a WeChat, QQ, card or passport number goes too.
//  2. Figures, money, numbers of contracts, hashes, credit codes, dates and years stay.
//  3. Masking twice is masking once. Marks that turn the direction of writing are gone.
func TestMask(t *testing.T) {
	const p, id, mail, account = "〔电话已隐去〕", maskedID, "〔邮箱已隐去〕", "〔账号已隐去〕"
	for text, want := range map[string]string{
		"联系人13900001111。": "联系人" + p + "。", "139 0000 1111": p, "139-0000-1111、13900002222": p + "、" + p, "+86 13900001111": p,
		"１３９００００１１１１": p, "0086-13912345606": p, "8613912345607": p, "139.1234.5608": p, "139–1234–5609": p, "139\u200b1234\u200b5610": p,
		"1391234\n5611": p, "(139)12345612": p, "139/1234/5613": p, "139l2345614": p, "一三九一二三四五六一五": p, "139*1234*5616": p,
		"1391 234 5617": p, "联系139123456181391234561 9": "联系" + p + p, "①③⑨①②③④⑤⑥②⓪": p, "139·1234·5622": p, "139，1234，5625": p,
		"电话139.12345678": "电话" + p, "1 3 9 1 2 3 4 5 6 7 8": p, "139 - 1234 - 5678": p, "a13900001111f": "a" + p + "f", "213900001111": "2" + p,
		"编13912345678X": "编" + p + "X", "12139 1234 5678": "12" + p, "1.13900001111": "1." + p, "推荐书13900001111.xlsx": "推荐书" + p + ".xlsx",
		"办公室（0591）87654321": "办公室" + p, "0591-87654321": p, "010-6765 4321": p, "059387654321": p, "0599-8765431": p,
		"电话：87654321": "电话：" + p, "办公室电话87654307": "办公室电话" + p, "０５９１－８７６５４３０８": p, "+86-591-87654309": p,
		"0591 8765 4305转8023": p + "转8023", "0591.8765.4305": p, "400-820-8812": p,
		"身份证350102199001011234": "身份证" + id, "35010219900101123x，": id + "，", "350102 19900101 1234": id, "350102-19900307-1257": id,
		"350102900307124": id, "号350102199003071201350102199003071201": "号" + id + id, "a350102199003071201": "a" + id,
		"zhang.san@example.com": mail, "zhang04 @ example.com": mail, "zhang05#example.com": mail, "zhang [at] example.com": mail, "张三丰06@例子.中国": mail,
		"0+@z.cn+@z.cn": mail + mail, "zhang＠example．com": mail,
		"微信号：wx_zsf1985": "微信号：" + account, "微信zsf-fuzhou": "微信" + account, "wxid_abcd1234efgh": account, "WeChat: zsfwechat88": "WeChat: " + account,
		"加V：zsfv2024": "加V：" + account, "QQ：123456701": "QQ：" + account, "qq 123456702": "qq " + account, "QQ群123456703": "QQ群" + account,
		"银行卡：6222 0212 3456 7890 106": "银行卡：" + maskedCard, "6222021234567890105": maskedCard, "护照E12345608": "护照" + id, "台胞证01234567": "台胞证" + id,
		"手机13912345678元旦后用": "手机" + p + "元旦后用", "a\u202e13900001111": "a" + p, "甲\u202e乙": "甲乙",
	} {
		if got := Mask(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{
		"总产值 12345678 万元", "1,390,000,111,122", "13,900,001,111", "0.13900001111", "57.142857142857146", "13.966666666666667", "152.12345678", "合计13912345678元",
		"投入 13 912 345 678 万元", "￥13912345678", "14996692000.55万元", "14996692000.5", "合同15012345678号复印件", "合同编号：HT2024-15012345678", "发票号码 15012345678", "专利号ZL13912345678",
		"a3f09b139123456780c1d2e3f4a5b6c7", "91350100MA13912345", "913501391234567812", "20181231153000", "闽教职成〔2024〕13号、2024-08-01、前三年",
		"每年12月31日", "2022-01-15/2023-12-31 5", "2013.8.12-2015.03.10", "2023 2024 2025 2026", "2021、2022、2023", "1，3，5，7，9，11，13，15，17，19",
		"微信小程序、QQ群、微信公众号平台", "2024-01-13 900 家", "100,000.00，139人", "400,820,881", "8008208812",
	} {
		if got := Mask(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// Requirements
//  1. An amount that looks like a phone is written so that it stays one; others are left alone.
func TestAmount(t *testing.T) {
	for text, want := range map[string]string{"14996692000": "14,996,692,000", "-13900001111.5": "-13900001111.5", "139000011110.12345678": "139,000,011,110.12345678", "12345678": "12345678", "149966920.25": "149966920.25"} {
		if got := AmountText(text); got != want || Mask(got) != got {
			t.Errorf("%q becomes %q and %q, want %q", text, got, Mask(got), want)
		}
	}
}

// Requirements
//  1. A name is hidden whatever blanks and invisible characters part it, the longer of two first; a part of it is no name.
//  2. Paths that differed only in what was hidden stay apart.
func TestPeopleAreHidden(t *testing.T) {
	p, paths := NewPeople([]string{"李娜", "欧阳测", "欧 阳 测 甲", "王"}), Paths{}
	const n = MaskedName
	for text, want := range map[string]string{"由李娜、李 娜和李\u3000娜": "由" + n + "、" + n + "和" + n, "欧阳测甲": n, "欧 阳 测 甲": n, "欧阳\n测乙": n + "乙",
		"李\u200b娜": n, "李·娜": n, "桃李、娜塔莎": "桃李、娜塔莎", "李": "李", "王": "王", "⽊李娜": "⽊" + n, "欧阳": "欧阳", "": ""} {
		if got := p.Hide(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for _, want := range []string{"评分" + n + ".xlsx", "评分" + n + ".xlsx#2", "评分" + n + ".xlsx#3"} {
		if got := paths.Unique(p.Hide("评分李娜.xlsx")); got != want {
			t.Errorf("path %q, want %q", got, want)
		}
	}
}

// Requirements
//  1. Texts without personal data are passed by quickly; the longest that a form can hold is masked in the time of a blink.
func TestMaskIsLinear(t *testing.T) {
	for _, s := range []string{"1", "1 ", "13900001111 ", "13 ", "a@", "1.", "微信", "一", "电话", "139,", "2024-01-", "1l"} {
		began := time.Now()
		Mask(strings.Repeat(s, 32000/len(s)))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("32,000 bytes of %q take %v", s, took)
		}
	}
}

func BenchmarkMask(b *testing.B) {
	for name, s := range map[string]string{"plain": strings.Repeat("联合体由园区、院校和企业共建，2023年培训1200人次。", 20), "short": "福州软件职业技术学院", "cell": "2年度数据!F12",
		"phone": strings.Repeat("联合体由园区、院校和企业共建，2023年培训1200人次。", 20) + "电话13900001111"} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				Mask(s)
			}
		})
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
		if padded := Mask("手机 13900001111。" + s); !strings.HasPrefix(padded, "手机 〔电话已隐去〕") {
			t.Errorf("a phone is seen in %q", padded)
		}
	})
}

// A fingerprint holds digits in a row by chance.
func TestHashesStay(t *testing.T) {
	for _, s := range []string{"5033d18662075831-32b0b38c5910bc96", "（5033d18662075831）"} {
		if got := Mask(s); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
	for _, s := range []string{"1866207583150331", "xy5033d18662075831", "5033d1866207583"} { // a card, a longer word, a shorter one
		if strings.Contains(s, "18662075831") && Mask(s) == s {
			t.Errorf("%s is left", s)
		}
	}
}

// A number is quoted with the digits that its filler sees.
func TestShownDigits(t *testing.T) {
	for stored, want := range map[string]string{"94.400000000000006": "94.4", "0.9419999999999999": "0.942", "9.4199999999999997E-1": "0.942",
		"-1234.1000000000001": "-1234.1", "99999999999999999": "99999999999999999", "94.4": "94.4", "约 1200（其中在校 300）": "约 1200（其中在校 300）"} {
		if got := TrimFloatNoise(stored); got != want {
			t.Errorf("%s is shown as %s, want %s", stored, got, want)
		}
	}
}

// Requirements
//  1. What a pattern finds, the quick look at a text announces: it never passes by what would be masked.
func TestQuickLook(t *testing.T) {
	pieces := []string{"微信", "威信", "v信", "weixin", "wechat", "vx", "加V", "加 v", "wx", "wxid_", "qq", "QQ群", "扣扣", "企鹅", "银行卡", "卡号",
		"护照", "身份证", "@", "＠", "#", "[at]", "【at】", "电话", "tel", "号", "账号", "id", "：", ":", " ", "是", "a", "zsf", "lool", "Il-o_", "ab_12",
		"ｚｓｆ", "ⓐⓑⓒ", "12", "4567", "\u200b", "\u0301", "\u3164", ".", ".cn", ".中国", "，", "-", "_", "园区", "\n"}
	rapid.Check(t, func(t *rapid.T) {
		s := StripBidi(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "pieces"), ""))
		v := newView(s)
		labelled, _ := patterns()
		for _, p := range labelled {
			if _, labels := mayContainPersonal(s); !labels && v.matches(0, p) != nil {
				t.Fatalf("%q holds what %s finds, and is passed by", s, p.find)
			}
		}
	})
}
