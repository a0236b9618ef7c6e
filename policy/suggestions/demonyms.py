"""Demonyms and abbreviations of countries.

Words that two countries share, such as Congolese, Dominican or Korean, are left out.
"""

DEMONYMS = """
AD Andorran; AE Emirati, U.A.E., UAE; AF Afghan; AG Antiguan; AL Albanian; AM Armenian; AO Angolan
AR Argentine, Argentinian, Argentinean; AT Austrian; AU Australian; AZ Azerbaijani, Azeri
BA Bosnian; BB Barbadian; BD Bangladeshi; BE Belgian; BF Burkinabe, Burkinabè; BG Bulgarian
BH Bahraini; BI Burundian; BJ Beninese; BN Bruneian; BO Bolivian; BR Brazilian; BS Bahamian
BT Bhutanese; BW Botswanan; BY Belarusian, Belarussian; BZ Belizean; CA Canadian
CD DRC; CF Central African; CH Swiss; CI Ivorian; CL Chilean; CM Cameroonian
CN Chinese, PRC, P.R.C.; CO Colombian; CR Costa Rican; CU Cuban; CV Cape Verdean; CY Cypriot
CZ Czech; DE German; DJ Djiboutian; DK Danish; DZ Algerian; EC Ecuadorian, Ecuadorean
EE Estonian; EG Egyptian; ER Eritrean; ES Spanish; ET Ethiopian; EU EU, E.U.; FI Finnish
FJ Fijian; FM Micronesian; FR French; GA Gabonese; GB British, UK, U.K.; GD Grenadian
GE Georgian; GH Ghanaian; GM Gambian; GN Guinean; GR Greek, Hellenic; GT Guatemalan; GY Guyanese
HN Honduran; HR Croatian; HT Haitian; HU Hungarian; ID Indonesian; IE Irish
IL Israeli; IN Indian; IQ Iraqi; IR Iranian; IS Icelandic; IT Italian; JM Jamaican; JO Jordanian
JP Japanese; KE Kenyan; KG Kyrgyz; KH Cambodian; KI I-Kiribati; KM Comorian
KP North Korean, DPRK; KR South Korean; KW Kuwaiti; KZ Kazakh, Kazakhstani; LA Lao, Laotian
LB Lebanese; LI Liechtensteiner; LK Sri Lankan; LR Liberian; LS Basotho; LT Lithuanian
LU Luxembourgish; LV Latvian; LY Libyan; MA Moroccan; MC Monegasque; MD Moldovan
ME Montenegrin; MG Malagasy; MH Marshallese; MK Macedonian; ML Malian; MM Burmese
MN Mongolian; MR Mauritanian; MT Maltese; MU Mauritian; MV Maldivian; MW Malawian; MX Mexican
MY Malaysian; MZ Mozambican; NA Namibian; NE Nigerien; NG Nigerian; NI Nicaraguan
NL Dutch, Holland; NO Norwegian; NP Nepali, Nepalese; NR Nauruan; NZ New Zealander; OM Omani
PA Panamanian; PE Peruvian; PG Papua New Guinean; PH Philippine, Filipino; PK Pakistani; PL Polish
PS Palestinian; PT Portuguese; PW Palauan; PY Paraguayan; QA Qatari; RO Romanian; RS Serbian
RU Russian; RW Rwandan; SA Saudi, Saudi Arabian; SC Seychellois; SD Sudanese; SE Swedish
SG Singaporean; SI Slovenian, Slovene; SK Slovak; SL Sierra Leonean; SM Sammarinese; SN Senegalese
SO Somali; SR Surinamese; SS South Sudanese; SV Salvadoran, Salvadorean; SY Syrian; SZ Swazi
TD Chadian; TG Togolese; TH Thai; TJ Tajik; TL Timorese; TM Turkmen; TN Tunisian; TO Tongan
TR Turkish; TT Trinidadian; TV Tuvaluan; TW Taiwanese; TZ Tanzanian; UA Ukrainian; UG Ugandan
US American, U.S., US, U.S.A.; UY Uruguayan; UZ Uzbek; VE Venezuelan; VN Vietnamese
VU Ni-Vanuatu; WS Samoan; YE Yemeni; ZA South African; ZM Zambian; ZW Zimbabwean
"""
# Longer names that contain one of these words but do not name a country.
NON_COUNTRY_NAMES = (
    "Central American",
    "Latin American",
    "North American",
    "South American",
    "New England",
    "French Polynesian",
)


def demonyms_by_country() -> dict[str, list[str]]:
    """Return the words for each country, by country code."""
    entries = [entry.strip() for line in DEMONYMS.split("\n") for entry in line.split(";")]
    pairs = [entry.partition(" ") for entry in entries if entry]
    return {code: [word.strip() for word in words.split(",")] for code, _, words in pairs}
