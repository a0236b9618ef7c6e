"""Write fixtures/jurisdictions.json from the ISO 3166 lists that pycountry carries.

usage: python tools/jurisdictions.py [--check]     --check compares and writes nothing; exit 1 if they differ

ISO decides the codes, the parents and the kinds of place. The tables below add plain English names, names in the
place's own script, and further aliases. An entry reads `CODE Name = native name / alias / alias`; every part but the
code may be left out. Entries end with a semicolon.
"""

import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pycountry

TARGET = Path(__file__).resolve().parent.parent / "fixtures" / "jurisdictions.json"

# What ISO 3166-1 lists as not independent: 55 of its 249 entries.
TERRITORIES = """
AI AQ AS AW AX BL BM BQ BV CC CK CW CX EH FK FO GF GG GI GL GP GS GU HK HM IM IO JE KY MF MO MP MQ MS NC NF NU PF PM PN
PR PS RE SH SJ SX TC TF TK TW UM VG VI WF YT
"""

# The UN's M49 codes are the numeric codes of ISO 3166-1, but for these places.
NOT_IN_M49 = ("TW",)

# Places that ISO lists twice: the 3166-2 code on the left is an alias of the row on the right, not a row.
SAME_PLACE = {
    "CN-HK": "HK",
    "CN-MO": "MO",
    "CN-TW": "TW",
    "FI-01": "AX",
    "FR-971": "GP",
    "FR-972": "MQ",
    "FR-973": "GF",
    "FR-974": "RE",
    "FR-976": "YT",
    "FR-BL": "BL",
    "FR-MF": "MF",
    "FR-NC": "NC",
    "FR-PF": "PF",
    "FR-PM": "PM",
    "FR-TF": "TF",
    "FR-WF": "WF",
    "NL-AW": "AW",
    "NL-BQ1": "BQ-BO",
    "NL-BQ2": "BQ-SA",
    "NL-BQ3": "BQ-SE",
    "NL-CW": "CW",
    "NL-SX": "SX",
    "NO-21": "SJ",
    "NO-22": "SJ",
    "US-AS": "AS",
    "US-GU": "GU",
    "US-MP": "MP",
    "US-PR": "PR",
    "US-UM": "UM",
    "US-VI": "VI",
}

COUNTRIES = """
AD = Andorra; AE = الإمارات العربية المتحدة / UAE; AF = افغانستان; AL = Shqipëria; AM = Հայաստան; AO = Angola;
AR = Argentina; AT = Österreich; AU = Australia; AX = Åland; AZ = Azərbaycan; BA = Bosna i Hercegovina / Bosnia;
BD = বাংলাদেশ; BF = Burkina Faso; BG = България; BH = البحرين; BJ = Bénin; BL = Saint-Barthélemy / St. Barts;
BN Brunei; BO Bolivia = Bolivia; BQ / Caribbean Netherlands; BR = Brasil; BS / The Bahamas;
BY = Беларусь / Belorussia; CA = Canada; CC Cocos Islands / Keeling Islands;
CD Democratic Republic of the Congo / DR Congo / DRC / Congo-Kinshasa / Zaire;
CG Republic of the Congo / Congo-Brazzaville; CI Ivory Coast = Côte d'Ivoire; CL = Chile; CN = 中国 / PRC;
CO = Colombia; CR = Costa Rica; CU = Cuba; CV Cape Verde = Cabo Verde; CY = Κύπρος; CZ = Česko; DE = Deutschland;
DK = Danmark; DO = República Dominicana; DZ = الجزائر; EC = Ecuador; EE = Eesti; EG = مصر; ES = España; ET = ኢትዮጵያ;
FI = Suomi; FK Falkland Islands / Malvinas / Islas Malvinas; FM Micronesia; FO = Føroyar; FR = France; GA = Gabon;
GB = United Kingdom / UK / Great Britain / Britain; GE = საქართველო; GF = Guyane; GH = Ghana; GL = Kalaallit Nunaat;
GM / The Gambia; GN = Guinée; GP = Guadeloupe; GQ = Guinea Ecuatorial; GR = Ελλάδα / EL; GT = Guatemala;
GW = Guiné-Bissau; HK = 香港; HN = Honduras; HR = Hrvatska; HU = Magyarország; ID = Indonesia;
IE = Éire / Republic of Ireland; IL = ישראל; IN = भारत; IQ = العراق; IR Iran = ایران; IS = Ísland; IT = Italia;
JM = Jamaica; JO = الأردن; JP = 日本; KE = Kenya; KG = Кыргызстан; KH = កម្ពុជា; KN / St. Kitts and Nevis;
KP North Korea = 조선 / DPRK; KR South Korea = 대한민국; KW = الكويت; KZ = Қазақстан; LA Laos = ລາວ; LB = لبنان;
LC / St. Lucia; LI = Liechtenstein; LT = Lietuva; LU = Lëtzebuerg; LV = Latvija; LY = ليبيا; MA = المغرب; MC = Monaco;
MD Moldova = Moldova; ME = Crna Gora; MF Saint Martin = Saint-Martin; MG = Madagasikara;
MK = Северна Македонија / Macedonia; ML = Mali; MM = မြန်မာ / Burma; MN = Монгол улс; MO = 澳門 / Macau;
MQ = Martinique; MX = México; MY = Malaysia; MZ = Moçambique; NC = Nouvelle-Calédonie; NE = Niger; NG = Nigeria;
NI = Nicaragua; NL = Nederland / Holland; NO = Norge; NP = नेपाल; NZ = New Zealand / Aotearoa; OM = عمان; PA = Panamá;
PE = Perú; PF = Polynésie française; PH = Pilipinas; PK = پاکستان; PL = Polska; PM = Saint-Pierre-et-Miquelon;
PN Pitcairn Islands; PR = Puerto Rico; PS Palestine = فلسطين; PT = Portugal; PY = Paraguay; QA = قطر; RE = La Réunion;
RO = România; RS = Србија; RU Russia = Россия; RW = Rwanda; SA = السعودية; SD = السودان; SE = Sverige; SG = Singapore;
SH / St. Helena; SI = Slovenija; SK = Slovensko; SM = San Marino; SN = Sénégal; SO = Soomaaliya;
ST = São Tomé e Príncipe / São Tomé and Príncipe; SV = El Salvador; SX Sint Maarten; SY Syria = سوريا; SZ / Swaziland;
TD = Tchad; TF / French Southern and Antarctic Lands; TG = Togo; TH = ประเทศไทย; TJ = Тоҷикистон; TL / East Timor;
TM = Türkmenistan; TN = تونس; TR Turkey = Türkiye; TW Taiwan = 臺灣 / Republic of China / Chinese Taipei;
TZ Tanzania = Tanzania; UA = Україна; US = United States / America; UY = Uruguay; UZ = O\u02bbzbekiston;
VA Vatican City = Città del Vaticano / Vatican / Holy See; VC / St. Vincent and the Grenadines;
VE Venezuela = Venezuela; VG British Virgin Islands;
VI US Virgin Islands / U.S. Virgin Islands / United States Virgin Islands; VN Vietnam = Việt Nam;
WF = Wallis-et-Futuna; WS / Western Samoa; YE = اليمن; YT = Mayotte; ZA = South Africa;
"""

SUBDIVISIONS = """
AE: AJ Ajman; AZ Abu Dhabi; DU Dubai; FU Fujairah; RK Ras Al Khaimah; SH Sharjah; UQ Umm Al Quwain;
AF: GHO Ghor; NIM Nimruz; PAN Panjshir; PIA Paktia; SAR Sar-e Pul;
AL: 11 Tirana;
AM: AG Aragatsotn; ER Yerevan; GR Gegharkunik; KT Kotayk; LO Lori; SH Shirak; SU Syunik; TV Tavush; VD Vayots Dzor;
AR: C Buenos Aires / Autonomous City of Buenos Aires;
AT: 2 Carinthia; 3 Lower Austria; 4 Upper Austria; 6 Styria; 7 Tyrol; 9 Vienna;
AZ: ABS Absheron; AGA Aghstafa; AGC Aghjabadi; AGM Aghdam; AGS Aghdash; AGU Aghsu; BA Baku; BAB Babek; BAL Balakan;
    BAR Barda; BEY Beylagan; BIL Bilasuvar; CAB Jabrayil; CAL Jalilabad; CUL Julfa; DAS Dashkasan; FUZ Fuzuli;
    GA Ganja; GAD Gadabay; GOY Goychay; GYG Goygol; HAC Hajigabul; IMI Imishli; ISM Ismayilli; KAL Kalbajar;
    KAN Kangarli; KUR Kurdamir; LA Lankaran; LAC Lachin; LAN Lankaran; MAS Masally; MI Mingachevir; NEF Neftchala;
    NV Nakhchivan; NX Nakhchivan; OGU Oghuz; QAB Gabala; QAX Qakh; QAZ Qazakh; QBI Qubadli; QOB Gobustan; SA Shaki;
    SAD Sadarak; SAH Shahbuz; SAK Shaki; SAR Sharur; SAT Saatly; SBN Shabran; SIY Siyazan; SKR Shamkir;
    SM Sumgait / Sumqayit; SMI Shamakhi; SMX Samukh; SR Shirvan; SUS Shusha; TAR Tartar; UCA Ujar;
    XA Khankendi / Stepanakert; XAC Khachmaz; XCI Khojaly; XIZ Khizi; XVD Khojavend; YAR Yardimli; YE Yevlakh;
    YEV Yevlakh; ZAN Zangilan; ZAR Zardab;
BA: BIH Federation of Bosnia and Herzegovina; BRC Brčko District;
BD: 03 / Bogra; 06 / Barisal; 08 / Comilla; 10 / Chittagong; 22 / Jessore; A / Barisal; B / Chittagong;
BE: BRU Brussels / Brussels-Capital Region; VAN Antwerp = Antwerpen; VBR Flemish Brabant = Vlaams-Brabant;
    VLG Flanders = Vlaams Gewest / Flemish Region; VOV East Flanders = Oost-Vlaanderen;
    VWV West Flanders = West-Vlaanderen; WAL Wallonia = Région wallonne / Walloon Region;
    WBR Walloon Brabant = Brabant wallon;
BG: 22 Sofia City; 23 Sofia Province;
BH: 13 Capital; 14 Southern; 15 Muharraq; 17 Northern;
BO: B Beni;
BR: DF Federal District;
BS: FP Freeport;
BY: BR Brest; HM Minsk; HO Gomel / Homyel; HR Grodno / Hrodna; MA Mogilev / Mahilyow; MI Minsk Region;
    VI Vitebsk / Vitsebsk;
CA: NL / Newfoundland; QC / Québec; YT / Yukon Territory;
CD: BC / Bas-Congo; NK North Kivu; NU North Ubangi; SK South Kivu; SU South Ubangi;
CF: HS Mambéré-Kadéï / Haute-Sangha; KB / Nana-Grébizi; KG / Kémo; SE / Sangha-Mbaéré;
CH: BE Bern = Bern; BL / Basel-Country; BS / Basel-City; GE Geneva = Genève; GR / Grisons; LU Lucerne = Luzern;
    SG St. Gallen = St. Gallen; ZH Zurich = Zürich;
CL: AI Aysén; AP Arica and Parinacota; AR Araucanía; LI O'Higgins; RM Santiago Metropolitan Region;
CN: AH Anhui = 安徽省; BJ Beijing = 北京市 / Peking; CQ Chongqing = 重庆市; FJ Fujian = 福建省; GD Guangdong = 广东省;
    GS Gansu = 甘肃省; GX Guangxi = 广西壮族自治区 / Guangxi Zhuang Autonomous Region; GZ Guizhou = 贵州省;
    HA Henan = 河南省; HB Hubei = 湖北省; HE Hebei = 河北省; HI Hainan = 海南省; HL Heilongjiang = 黑龙江省;
    HN Hunan = 湖南省; JL Jilin = 吉林省; JS Jiangsu = 江苏省; JX Jiangxi = 江西省; LN Liaoning = 辽宁省;
    NM Inner Mongolia = 内蒙古自治区 / Inner Mongolia Autonomous Region / Nei Mongol;
    NX Ningxia = 宁夏回族自治区 / Ningxia Hui Autonomous Region; QH Qinghai = 青海省; SC Sichuan = 四川省 / Szechuan;
    SD Shandong = 山东省; SH Shanghai = 上海市; SN Shaanxi = 陕西省; SX Shanxi = 山西省; TJ Tianjin = 天津市;
    XJ Xinjiang = 新疆维吾尔自治区 / Xinjiang Uygur Autonomous Region;
    XZ Tibet = 西藏自治区 / Tibet Autonomous Region / Xizang; YN Yunnan = 云南省; ZJ Zhejiang = 浙江省;
CO: DC Bogotá / Bogota; SAP San Andrés and Providencia;
CU: 03 Havana; 99 Isle of Youth;
CV: B Barlavento Islands; S Sotavento Islands;
CY: 01 Nicosia; 02 Limassol; 03 Larnaca; 04 Famagusta; 05 Paphos; 06 Kyrenia;
CZ: 10 Prague = Praha; 20 Central Bohemia; 209 Prague-East; 20A Prague-West; 31 South Bohemia; 32 Plzeň / Pilsen;
    323 Plzeň-City; 324 Plzeň-South; 325 Plzeň-North; 41 Karlovy Vary; 42 Ústí nad Labem; 51 Liberec;
    52 Hradec Králové; 53 Pardubice; 63 Vysočina; 64 South Moravia; 642 Brno-City; 643 Brno-Country; 71 Olomouc;
    72 Zlín; 80 Moravia-Silesia; 806 Ostrava-City;
DE: BY Bavaria; HE Hesse; MV Mecklenburg-Western Pomerania / Mecklenburg-West Pomerania; NI Lower Saxony;
    NW North Rhine-Westphalia; RP Rhineland-Palatinate; SN Saxony; ST Saxony-Anhalt; TH Thuringia;
DK: 81 North Denmark / North Jutland; 82 Central Denmark / Central Jutland; 83 Southern Denmark; 84 Capital Region;
    85 Zealand;
DO: 01 National District;
DZ: 16 Algiers;
EE: 37 Harju; 39 Hiiu; 45 Ida-Viru; 50 Jõgeva; 52 Järva; 56 Lääne; 60 Lääne-Viru; 64 Põlva; 68 Pärnu; 71 Rapla;
    74 Saare; 79 Tartu; 81 Valga; 84 Viljandi; 87 Võru;
EG: ALX Alexandria; ASN Aswan; AST Asyut; BA Red Sea; BH Beheira; BNS Beni Suef; C Cairo; DK Dakahlia; DT Damietta;
    FYM Faiyum; GH Gharbia; GZ Giza; IS Ismailia; JS South Sinai; KB Qalyubia; KFS Kafr El Sheikh; KN Qena; LX Luxor;
    MN Minya; MNF Monufia; MT Matrouh; PTS Port Said; SHG Sohag; SHR Sharqia; SIN North Sinai; SUZ Suez;
    WAD New Valley;
ER: AN Anseba; DK Southern Red Sea; DU Southern / Debub; GB Gash-Barka; MA Central / Maekel; SK Northern Red Sea;
ES: AN Andalusia; AR Aragon; AS Asturias; BI Biscay; CL Castile and León; CN Canary Islands; CT Catalonia;
    IB Balearic Islands; MC Murcia; MD Madrid; NA Navarre; NC Navarre; PM Balearic Islands; PV Basque Country;
    SE Seville; VC Valencian Community;
ET: AM Amhara; BE Benishangul-Gumuz; GA Gambela; HA Harari; SW South West Ethiopia; TI Tigray;
FI: 02 South Karelia; 03 South Ostrobothnia; 04 South Savo; 07 Central Ostrobothnia; 08 Central Finland; 10 Lapland;
    12 Ostrobothnia; 13 North Karelia; 14 North Ostrobothnia; 15 North Savo; 19 Southwest Finland;
FR: 20R Corsica; 69M Lyon Metropolis; BRE Brittany; CP Clipperton Island; GES Grand Est; NAQ / New Aquitaine;
    NOR Normandy; OCC Occitania; PAC Provence-Alpes-Côte d'Azur; PDL Pays de la Loire;
GB: ABE Aberdeen; BFS Belfast; BST Bristol; DND Dundee; DUR County Durham / Durham; EDH Edinburgh;
    ELS Outer Hebrides / Western Isles; GLG Glasgow; KHL / Hull; LND City of London; RCT Rhondda Cynon Taf;
    VGL Vale of Glamorgan; WLS Wales = Cymru;
GE: AJ Adjara; KA Kakheti; RL Racha-Lechkhumi and Kvemo Svaneti;
GL: AV Avannaata; KU Kujalleq; QE Qeqqata; QT Qeqertalik; SM Sermersooq;
GQ: AN Annobón; BN Bioko Norte; BS Bioko Sur; C Continental Region; CS Centro Sur; I Insular Region; LI Litoral;
GR: 69 Mount Athos; A Eastern Macedonia and Thrace; B Central Macedonia; C Western Macedonia; D Epirus; E Thessaly;
    F Ionian Islands; G Western Greece; H Central Greece; I Attica; J Peloponnese; K North Aegean; L South Aegean;
    M Crete;
GW: BL Bolama; L East; N North; S South;
HN: IB Bay Islands;
HR: 01 Zagreb County; 02 Krapina-Zagorje; 03 Sisak-Moslavina; 04 Karlovac; 05 Varaždin; 06 Koprivnica-Križevci;
    07 Bjelovar-Bilogora; 08 Primorje-Gorski Kotar; 09 Lika-Senj; 10 Virovitica-Podravina; 11 Požega-Slavonia;
    12 Brod-Posavina; 13 Zadar; 14 Osijek-Baranja; 15 Šibenik-Knin; 16 Vukovar-Srijem; 17 Split-Dalmatia; 18 Istria;
    19 Dubrovnik-Neretva; 20 Međimurje; 21 Zagreb;
HT: GA Grand'Anse;
ID: BB Bangka Belitung Islands; JB West Java; JI East Java; JK Jakarta; JT Central Java; JW Java; KB West Kalimantan;
    KI East Kalimantan; KR Riau Islands; KS South Kalimantan; KT Central Kalimantan; KU North Kalimantan;
    MU North Maluku; NB West Nusa Tenggara; NT East Nusa Tenggara; PB West Papua; PD Southwest Papua;
    PE Highland Papua; PS South Papua; PT Central Papua; SA North Sulawesi; SB West Sumatra; SG Southeast Sulawesi;
    SM Sumatra; SN South Sulawesi; SR West Sulawesi; SS South Sumatra; ST Central Sulawesi; SU North Sumatra;
IE: C Connacht;
IL: D Southern; HA Haifa; JM Jerusalem; M Central; TA Tel Aviv; Z Northern;
IN: DL / National Capital Territory of Delhi; OD / Orissa; PY / Pondicherry; UK / Uttaranchal;
IQ: AN Anbar; AR Erbil; BA Basra; BB Babil / Babylon; BG Baghdad; DA Duhok; DI Diyala; DQ Dhi Qar; KA Karbala;
    KI Kirkuk; KR Kurdistan Region; MA Maysan; MU Muthanna; NA Najaf; NI Nineveh; QA Qadisiyah; SD Saladin;
    SU Sulaymaniyah; WA Wasit;
IR: 00 Markazi; 01 Gilan; 02 Mazandaran; 03 East Azerbaijan; 04 West Azerbaijan; 05 Kermanshah; 06 Khuzestan; 07 Fars;
    08 Kerman; 09 Razavi Khorasan; 10 Isfahan / Esfahan; 11 Sistan and Baluchestan; 12 Kurdistan; 13 Hamadan;
    14 Chaharmahal and Bakhtiari; 15 Lorestan; 16 Ilam; 17 Kohgiluyeh and Boyer-Ahmad; 18 Bushehr; 19 Zanjan;
    20 Semnan; 21 Yazd; 22 Hormozgan; 23 Tehran; 24 Ardabil; 25 Qom; 26 Qazvin; 27 Golestan; 28 North Khorasan;
    29 South Khorasan; 30 Alborz;
IS: 1 Capital Region; 2 Southern Peninsula; 3 West; 4 Westfjords; 5 Northwest; 6 Northeast; 7 East; 8 South;
    AKU Akureyri; HAF Hafnarfjörður; KOP Kópavogur; RKV Reykjavík;
IT: 21 Piedmont; 23 Aosta Valley; 25 Lombardy; 32 Trentino-South Tyrol; 36 Friuli-Venezia Giulia; 52 Tuscany;
    62 / Latium; 75 Apulia; 82 Sicily; 88 Sardinia; BZ South Tyrol / Alto Adige; FI Florence; GE Genoa;
    MB Monza and Brianza; MI Milan; MN Mantua; NA Naples; PD Padua; PU Pesaro and Urbino; RM Rome; SR Syracuse;
    SU South Sardinia; TN Trentino; TO Turin; VE Venice;
JO: AJ Ajloun; AM Amman; AQ Aqaba; AT Tafilah; AZ Zarqa; BA Balqa; JA Jerash; KA Karak; MA Mafraq; MD Madaba;
    MN Ma'an;
JP: 01 = 北海道; 02 = 青森県; 03 = 岩手県; 04 = 宮城県; 05 = 秋田県; 06 = 山形県; 07 = 福島県; 08 = 茨城県;
    09 = 栃木県; 10 = 群馬県; 11 = 埼玉県; 12 = 千葉県; 13 = 東京都; 14 = 神奈川県; 15 = 新潟県; 16 = 富山県;
    17 = 石川県; 18 = 福井県; 19 = 山梨県; 20 = 長野県; 21 = 岐阜県; 22 = 静岡県; 23 = 愛知県; 24 = 三重県;
    25 = 滋賀県; 26 = 京都府; 27 = 大阪府; 28 = 兵庫県; 29 = 奈良県; 30 = 和歌山県; 31 = 鳥取県; 32 = 島根県;
    33 = 岡山県; 34 = 広島県; 35 = 山口県; 36 = 徳島県; 37 = 香川県; 38 = 愛媛県; 39 = 高知県; 40 = 福岡県;
    41 = 佐賀県; 42 = 長崎県; 43 = 熊本県; 44 = 大分県; 45 = 宮崎県; 46 = 鹿児島県; 47 = 沖縄県;
KE: 05 Elgeyo-Marakwet; 30 Nairobi; 39 Taita-Taveta;
KG: C Chuy; GB Bishkek; GO Osh City; Y Issyk-Kul;
KH: 1 Banteay Meanchey; 10 Kratié; 11 Mondulkiri; 14 Prey Veng; 15 Pursat; 16 Ratanakiri; 17 Siem Reap;
    18 / Sihanoukville; 19 Stung Treng; 2 Battambang; 20 Svay Rieng; 21 Takéo; 22 Oddar Meanchey; 23 Kep;
    25 Tboung Khmum; 3 Kampong Cham; 5 Kampong Speu; 6 Kampong Thom; 8 Kandal; 9 Koh Kong;
KP: 01 Pyongyang; 02 South Pyongan; 03 North Pyongan; 04 Chagang; 05 South Hwanghae; 06 North Hwanghae; 07 Kangwon;
    08 South Hamgyong; 09 North Hamgyong; 10 Ryanggang; 13 Rason; 14 Nampo; 15 Kaesong;
KR: 11 Seoul = 서울특별시; 26 Busan = 부산광역시; 27 Daegu = 대구광역시; 28 Incheon = 인천광역시;
    29 Gwangju = 광주광역시; 30 Daejeon = 대전광역시; 31 Ulsan = 울산광역시; 41 Gyeonggi = 경기도;
    42 Gangwon = 강원특별자치도; 43 North Chungcheong = 충청북도; 44 South Chungcheong = 충청남도;
    45 North Jeolla = 전북특별자치도 / Jeonbuk; 46 South Jeolla = 전라남도; 47 North Gyeongsang = 경상북도;
    48 South Gyeongsang = 경상남도; 49 Jeju = 제주특별자치도; 50 = 세종특별자치시;
KW: AH Ahmadi; FA Farwaniya; HA Hawalli; JA Jahra; KU Capital / Kuwait City; MU Mubarak Al-Kabeer;
KZ: 10 Abai; 11 Akmola; 15 Aktobe; 19 Almaty Region; 23 Atyrau; 27 West Kazakhstan; 31 Jambyl / Zhambyl;
    33 Jetisu / Zhetysu; 35 Karaganda; 39 Kostanay; 43 Kyzylorda; 47 Mangystau; 55 Pavlodar; 59 North Kazakhstan;
    61 Turkistan / Turkestan; 62 Ulytau; 63 East Kazakhstan; 71 / Nur-Sultan;
LA: AT Attapeu; BK Bokeo; BL Bolikhamsai; HO Houaphanh; KH Khammouane; LM Luang Namtha; LP Luang Prabang; OU Oudomxay;
    PH Phongsaly; SV Savannakhet; VI Vientiane; VT Vientiane; XA Sainyabuli; XE Sekong; XS Xaisomboun;
LB: AK Akkar; AS North; BA Beirut; BH Baalbek-Hermel; BI Beqaa; JA South; JL Mount Lebanon; NA Nabatieh;
LK: 1 Western; 2 Central; 3 Southern; 4 Northern; 5 Eastern; 6 North Western; 7 North Central; 8 Uva; 9 Sabaragamuwa;
LT: 02 Alytus; 15 Kaunas; 17 Kazlų Rūda; 20 Klaipėda; 31 Palanga; 32 Panevėžys; 43 Šiauliai; 57 Vilnius; AL Alytus;
    KL Klaipėda; KU Kaunas; MR Marijampolė; PN Panevėžys; SA Šiauliai; TA Tauragė; TE Telšiai; UT Utena; VL Vilnius;
LV: 002 Aizkraukle; 007 Alūksne; 011 Ādaži; 015 Balvi; 016 Bauska; 022 Cēsis; 026 Dobele; 033 Gulbene; 041 Jelgava;
    042 Jēkabpils; 047 Krāslava; 050 Kuldīga; 052 Ķekava; 054 Limbaži; 056 Līvāni; 058 Ludza; 059 Madona; 062 Mārupe;
    067 Ogre; 068 Olaine; 073 Preiļi; 077 Rēzekne; 080 Ropaži; 087 Salaspils; 088 Saldus; 089 Saulkrasti; 091 Sigulda;
    094 Smiltene; 097 Talsi; 099 Tukums; 101 Valka; 102 Varakļāni; 106 Ventspils; 111 Augšdaugava; 112 South Kurzeme;
    113 Valmiera; RIX Riga;
LY: BA Benghazi; BU Butnan; DR Derna; GT Ghat; JA Jabal al Akhdar; JG Jabal al Gharbi; JI Jafara; JU Jufra; KF Kufra;
    MB Murqub; MI Misrata; MJ Marj; NL Nalut; NQ Nuqat al Khams; SB Sabha; SR Sirte; TB Tripoli; WA Al Wahat;
    WD Wadi al Hayaa; WS Wadi al Shatii; ZA Zawiya;
MA: 01 Tangier-Tetouan-Al Hoceima; 02 Oriental; 03 Fez-Meknes; 07 Marrakesh-Safi; FES Fez; MAR Marrakesh;
    MDF M'diq-Fnideq; TNG Tangier-Assilah;
MD: CU / Chisinau; GA Gagauzia; SN Transnistria;
MH: L Ralik Chain; T Ratak Chain;
ML: 6 Timbuktu;
MM: 06 / Rangoon; 07 / Irrawaddy; 16 / Arakan;
MN: 035 Orkhon; 037 Darkhan-Uul; 039 Khentii; 041 Khövsgöl; 043 Khovd; 051 Sükhbaatar; 053 Ömnögovi; 055 Övörkhangai;
    057 Zavkhan; 059 Dundgovi; 063 Dornogovi; 064 Govisümber; 065 Govi-Altai; 069 Bayankhongor; 071 Bayan-Ölgii;
    073 Arkhangai;
MX: CMX Mexico City; COA Coahuila; MEX State of Mexico / Edomex; MIC Michoacán; VER Veracruz;
MY: 04 Malacca; 07 Penang; 14 Kuala Lumpur; 15 Labuan; 16 Putrajaya;
NA: KA Karas;
NG: FC Federal Capital Territory / Abuja;
NI: AN North Caribbean Coast; AS South Caribbean Coast;
NL: FR Friesland; NB North Brabant; NH North Holland; ZH South Holland;
NO: 38 Vestfold and Telemark; 54 Troms and Finnmark;
NZ: CIT Chatham Islands; WGN Wellington;
OM: BJ Al Batinah South; BS Al Batinah North; BU Al Buraimi; DA Ad Dakhiliyah; MA Muscat; SJ Ash Sharqiyah South;
    SS Ash Sharqiyah North; WU Al Wusta; ZA Ad Dhahirah; ZU Dhofar;
PE: CAL Callao; LMA Metropolitan Lima;
PG: CPK / Simbu; NCD National Capital District; NPP / Oro; SAN / Sandaun;
PH: 00 / Metro Manila; 14 Bangsamoro; 15 Cordillera; COM / Compostela Valley; MDC Occidental Mindoro;
    MDR Oriental Mindoro;
PK: IS / Islamabad Capital Territory; KP / North-West Frontier Province;
PL: 02 Lower Silesia; 04 Kuyavia-Pomerania; 06 Lublin; 08 Lubusz; 10 Łódź; 12 Lesser Poland; 14 Masovia / Mazovia;
    16 Opole; 18 Subcarpathia; 22 Pomerania; 24 Silesia; 26 / Holy Cross; 28 Warmia-Masuria; 30 Greater Poland;
    32 West Pomerania;
PT: 11 Lisbon; 20 Azores; 30 Madeira;
QA: DA Doha; KH Al Khor; MS Al Shamal; RA Al Rayyan; SH Al Shahaniya; US Umm Salal; ZA Al Daayen;
RO: B Bucharest;
RS: 00 Belgrade; 01 North Bačka; 02 Central Banat; 03 North Banat; 04 South Banat; 05 West Bačka; 06 South Bačka;
    07 Srem; 08 Mačva; 09 Kolubara; 10 Podunavlje; 11 Braničevo; 12 Šumadija; 13 Pomoravlje; 14 Bor; 15 Zaječar;
    16 Zlatibor; 17 Moravica; 18 Raška; 19 Rasina; 20 Nišava; 21 Toplica; 22 Pirot; 23 Jablanica; 24 Pčinja;
    25 Kosovo District; 26 Peć; 27 Prizren; 28 Kosovska Mitrovica; 29 Kosovo-Pomoravlje; KM Kosovo / XK;
RU: AD Adygea; AL Altai Republic; ALT Altai Krai; AMU Amur; ARK Arkhangelsk; AST Astrakhan; BA Bashkortostan;
    BEL Belgorod; BRY Bryansk; BU Buryatia; CE Chechnya / Chechen Republic; CHE Chelyabinsk; CHU Chukotka;
    CU Chuvashia; DA Dagestan; IN Ingushetia; IRK Irkutsk; IVA Ivanovo; KAM Kamchatka; KB Kabardino-Balkaria;
    KC Karachay-Cherkessia; KDA Krasnodar; KEM Kemerovo / Kuzbass; KGD Kaliningrad; KGN Kurgan; KHA Khabarovsk;
    KHM Khanty-Mansi / Yugra; KIR Kirov; KK Khakassia; KL Kalmykia; KLU Kaluga; KO Komi; KOS Kostroma; KR Karelia;
    KRS Kursk; KYA Krasnoyarsk; LEN Leningrad; LIP Lipetsk; MAG Magadan; ME Mari El; MO Mordovia; MOS Moscow Oblast;
    MOW Moscow; MUR Murmansk; NEN Nenets; NGR Novgorod; NIZ Nizhny Novgorod; NVS Novosibirsk; OMS Omsk; ORE Orenburg;
    ORL Oryol / Orel; PER Perm; PNZ Penza; PRI Primorye / Primorsky Krai; PSK Pskov; ROS Rostov; RYA Ryazan;
    SA Sakha / Yakutia; SAK Sakhalin; SAM Samara; SAR Saratov; SE North Ossetia; SMO Smolensk; SPE Saint Petersburg;
    STA Stavropol; SVE Sverdlovsk; TA Tatarstan; TAM Tambov; TOM Tomsk; TUL Tula; TVE Tver; TY Tuva; TYU Tyumen;
    UD Udmurtia; ULY Ulyanovsk; VGG Volgograd; VLA Vladimir; VLG Vologda; VOR Voronezh; YAN Yamalo-Nenets;
    YAR Yaroslavl; YEV Jewish Autonomous Oblast; ZAB Zabaykalsky Krai / Transbaikal;
RW: 01 Kigali;
SA: 01 Riyadh; 02 Mecca / Makkah; 03 Medina; 04 Eastern Province; 05 Qassim; 06 Hail; 07 Tabuk; 08 Northern Borders;
    09 Jazan; 10 Najran; 11 Al Bahah; 14 Asir;
SB: CT Honiara;
SE: AB Stockholm; AC Västerbotten; BD Norrbotten; C Uppsala; D Södermanland; E Östergötland; F Jönköping; G Kronoberg;
    H Kalmar; I Gotland; K Blekinge; M Skåne / Scania; N Halland; O Västra Götaland; S Värmland; T Örebro;
    U Västmanland; W Dalarna; X Gävleborg; Y Västernorrland; Z Jämtland;
SK: BC Banská Bystrica; BL Bratislava; KI Košice; NI Nitra; PV Prešov; TA Trnava; TC Trenčín; ZI Žilina;
SO: BN Banadir; JD Middle Juba; JH Lower Juba; SD Middle Shabelle; SH Lower Shabelle;
SY: DI Damascus; DR Daraa; DY Deir ez-Zor; HA Hasakah; HI Homs; HL Aleppo; HM Hama; LA Latakia; QU Quneitra; RA Raqqa;
    RD Rif Dimashq; SU Suwayda; TA Tartus;
TD: ND N'Djamena;
TH: 10 Bangkok; 14 / Ayutthaya; 20 Chonburi; S Pattaya;
TJ: GB Gorno-Badakhshan; RA Districts of Republican Subordination;
TL: DI Dili; OE Oecusse;
TM: D Dashoguz; S Ashgabat;
TN: 12 Ariana; 14 Manouba;
TR: 34 Istanbul; 35 Izmir;
TW: CHA = 彰化縣; CYI = 嘉義市; CYQ = 嘉義縣; HSQ = 新竹縣; HSZ = 新竹市; HUA = 花蓮縣; ILA = 宜蘭縣; KEE = 基隆市;
    KHH = 高雄市; KIN = 金門縣; LIE = 連江縣 / Matsu; MIA = 苗栗縣; NAN = 南投縣; NWT = 新北市; PEN = 澎湖縣;
    PIF = 屏東縣; TAO = 桃園市; TNN = 臺南市; TPE = 臺北市; TTT = 臺東縣; TXG = 臺中市; YUN = 雲林縣;
TZ: 19 / Pwani;
UA: 05 Vinnytsia; 07 Volyn; 09 Luhansk; 12 Dnipropetrovsk; 14 Donetsk; 18 Zhytomyr; 21 Zakarpattia / Transcarpathia;
    23 Zaporizhzhia; 26 Ivano-Frankivsk; 30 / Kiev; 32 Kyiv Oblast; 35 Kirovohrad; 43 Crimea; 46 Lviv; 48 Mykolaiv;
    51 Odesa / Odessa; 53 Poltava; 56 Rivne; 59 Sumy; 61 Ternopil; 63 Kharkiv; 65 Kherson; 68 Khmelnytskyi;
    71 Cherkasy; 74 Chernihiv; 77 Chernivtsi;
US: DC / Washington, D.C.;
UZ: AN Andijan; BU Bukhara; FA Fergana; JI Jizzakh; NW Navoi; QA Kashkadarya; QR Karakalpakstan; SA Samarkand;
    SI Syrdarya; SU Surkhandarya; TK Tashkent; TO Tashkent Region; XO Khorezm;
VE: A Capital District; W Federal Dependencies; X / Vargas;
VN: 26 Thua Thien-Hue / Hue; 43 Ba Ria-Vung Tau; HN Hanoi; HP Haiphong; SG Ho Chi Minh City / Saigon;
YE: AD Aden; AM Amran; BA Al Bayda; DA Dhale; DH Dhamar; HD Hadhramaut; HJ Hajjah; HU Hodeidah; LA Lahij; MA Marib;
    MW Al Mahwit; SA Sanaa; SD Saada; SN Sanaa; SU Socotra; TA Taiz;
ZA: KZN KwaZulu-Natal; NW North West;
"""

# Countries whose ISO names carry marks that English leaves out.
PLAIN_LETTERS = {"AF", "IN", "VN", "VU"}

# Countries whose ISO names are in the place's own language and script, so that a replaced one is the native name.
OWN_LANGUAGE = """
AR AT BR CL CO CU CZ DE DK DO EE ES FI FR HN HR ID IS IT LT LV MX NI NL NO PE PL PT RO SE SK TR VE VN
"""

# The longer English form, kept as an alias.
LONG_FORMS = {
    ("CN", "Municipality"): "{} Municipality",
    ("CN", "Province"): "{} Province",
    ("KZ", "Region"): "{} Region",
    ("RU", "Administrative region"): "{} Oblast",
    ("RU", "Administrative territory"): "{} Krai",
    ("RU", "Autonomous district"): "{} Autonomous Okrug",
    ("UA", "Region"): "{} Oblast",
}

# Bracketed words in ISO's names that name nothing.
EMPTY_WORDS = {"CAR", "EH", "EH-partial", "Région", "city", "stolitsa"}
BRACKETS = re.compile(r"\s*[\[(]([^\])]*)[\])]")
CODE = re.compile(r"\b[A-Z]{2}-[A-Z0-9]{1,3}\b")


def entries(text):
    """`NM Inner Mongolia = 内蒙古自治区 / Nei Mongol;` -> {"NM": (name, native name, aliases)}"""
    table = {}
    for entry in filter(None, (" ".join(part.split()) for part in text.split(";"))):
        code, _, rest = entry.partition(" ")
        head, *aliases = re.split(r"(?:^| )/ ", rest)
        name, _, native = head.partition("=")
        assert code not in table, f"{code} is given twice"
        table[code] = (name.strip(), native.strip(), aliases)
    return table


def subdivision_entries(text):
    blocks = re.split(r"^([A-Z]{2}):", text, flags=re.MULTILINE)[1:]
    table = {}
    for country, block in zip(blocks[::2], blocks[1::2], strict=True):
        table |= {f"{country}-{code}": given for code, given in entries(block).items()}
    return table


def plain(text):
    text = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def split_brackets(iso_name):
    """`Cardiff [Caerdydd GB-CRD]` -> "Cardiff", ["Caerdydd", "GB-CRD"]"""
    aliases = []
    for words in BRACKETS.findall(iso_name):
        aliases += [CODE.sub("", words).strip(), *CODE.findall(words)]
    return BRACKETS.sub("", iso_name).strip(" †"), [
        alias for alias in aliases if alias and alias not in EMPTY_WORDS
    ]


def row(code, name, kind, *, native="", local_kind="", parent=None, aliases=()):
    return {
        "code": code,
        "name": name,
        "native_name": native,
        "kind": kind,
        "local_kind": local_kind,
        "parent": parent,
        "aliases": [alias for alias in dict.fromkeys(aliases) if alias != name],
    }


def country_row(country, given, elsewhere):
    name, native, aliases = given
    iso_names = [
        country.name,
        *(getattr(country, key, "") for key in ("official_name", "common_name")),
    ]
    iso_names = [iso_name.removeprefix("the ") for iso_name in iso_names if iso_name]
    kind = "territory" if country.alpha_2 in TERRITORIES.split() else "country"
    aliases = [*aliases, *iso_names, *elsewhere, country.alpha_3]
    place = row(country.alpha_2, name or country.name, kind, native=native, aliases=aliases)
    m49 = {} if country.alpha_2 in NOT_IN_M49 else {"m49": country.numeric}
    return {**place, "iso3": country.alpha_3, **m49}


def subdivision_row(place, given, elsewhere):
    name, native, aliases = given
    country = place.country_code
    base, bracketed = split_brackets(place.name)
    name = name or (plain(base) if country in PLAIN_LETTERS else base)
    if not native and country in OWN_LANGUAGE.split() and name != base and "," not in base:
        native = base
    long_form = LONG_FORMS.get((country, place.type), "")
    if long_form and name.split()[-1] != long_form.split()[-1]:
        aliases = [*aliases, long_form.format(name)]
    aliases = [*aliases, place.name, base if "," not in base else "", *bracketed, *elsewhere]
    return row(
        place.code,
        name,
        "subdivision",
        native=native,
        local_kind=place.type,
        parent=place.parent_code or country,
        aliases=filter(None, aliases),
    )


def names_elsewhere():
    """The codes and names that ISO 3166-2 gives to a place which has its own row."""
    found = defaultdict(list)
    for place in pycountry.subdivisions:
        if place.code in SAME_PLACE:
            base, _ = split_brackets(place.name)
            found[SAME_PLACE[place.code]] += [base, place.code]
    return found


def tell_namesakes_apart(rows):
    siblings = Counter((entry["parent"], entry["name"]) for entry in rows)
    for entry in rows:
        if siblings[entry["parent"], entry["name"]] > 1:
            entry["aliases"].insert(0, entry["name"])
            entry["name"] = f"{entry['name']} ({entry['local_kind']})"


def in_order(rows):
    """Countries by code, then subdivisions country by country, each level by code."""
    parents = {entry["code"]: entry["parent"] for entry in rows}

    def place(code):
        depth, above = 0, parents[code]
        while above:
            depth, above = depth + 1, parents[above]
            assert depth < len(rows), f"{code} lies inside itself"
        return (depth > 0, code[:2], depth, code)

    return sorted(rows, key=lambda entry: place(entry["code"]))


def build():
    countries, subdivisions, elsewhere = (
        entries(COUNTRIES),
        subdivision_entries(SUBDIVISIONS),
        names_elsewhere(),
    )
    nothing = ("", "", [])
    rows = [row("EU", "European Union", "supranational")]
    for country in pycountry.countries:
        rows.append(
            country_row(
                country, countries.pop(country.alpha_2, nothing), elsewhere[country.alpha_2]
            )
        )
    for place in pycountry.subdivisions:
        if place.code not in SAME_PLACE:
            rows.append(
                subdivision_row(place, subdivisions.pop(place.code, nothing), elsewhere[place.code])
            )
    assert not countries and not subdivisions, f"not in ISO 3166: {[*countries, *subdivisions]}"
    tell_namesakes_apart(rows)
    return in_order(rows)


def letters(name):
    return re.sub(r"[^a-z]", "", plain(name).lower())


def check_same_place(rows):
    """A subdivision that bears a territory's name must be in SAME_PLACE, and whatever is there must be an alias."""
    known = {entry["code"]: entry for entry in rows}
    territories = [entry for entry in rows if entry["kind"] == "territory"]
    bearers = {}
    for entry in territories:
        names = (entry["name"], entry["native_name"], *entry["aliases"])
        bearers |= {letters(name): entry["code"] for name in names if letters(name)}
    for place in pycountry.subdivisions:
        name, _ = split_brackets(place.name)
        twin = bearers.get(letters(name))
        assert twin in (None, place.country_code) or place.code in SAME_PLACE, (
            f"{place.code} may be the territory {twin}"
        )
    for code, twin in SAME_PLACE.items():
        assert (
            pycountry.subdivisions.get(code=code)
            and code not in known
            and code in known[twin]["aliases"]
        ), code


def check(rows):
    seen, siblings, spelled = set(), set(), {}
    for entry in rows:
        code, name, parent = entry["code"], entry["name"], entry["parent"]
        assert code not in seen, f"{code} is there twice"
        assert parent is None or parent in seen, f"{code} comes before its parent {parent}"
        assert (
            (parent is not None) == (entry["kind"] == "subdivision") == bool(entry["local_kind"])
        ), code
        assert name and name == name.strip() and not re.search(r"[;=\[\]†]", name), (code, name)
        assert (parent, name.casefold()) not in siblings, f"{code}: {name} is also a sibling's name"
        assert name not in entry["aliases"] and len(entry["aliases"]) == len(
            set(entry["aliases"])
        ), code
        for alias in entry["aliases"]:
            assert alias and alias == alias.strip(), (code, alias)
            if re.fullmatch(r"[A-Z]{2,3}|[A-Z]{2}-[A-Z0-9]{1,3}", alias):
                assert spelled.setdefault(alias, code) == code, (
                    f"{alias} is an alias of {code} and {spelled[alias]}"
                )
        seen.add(code)
        siblings.add((parent, name.casefold()))
    assert not seen & set(spelled), f"codes that are also aliases: {seen & set(spelled)}"
    iso_names = {place.code: place.name for place in pycountry.subdivisions}
    for entry in rows:
        assert iso_names.get(entry["code"], entry["name"]) in (entry["name"], *entry["aliases"]), (
            entry["code"]
        )
    check_same_place(rows)


def main():
    rows = build()
    check(rows)
    text = "[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in rows) + "\n]\n"
    if "--check" in sys.argv[1:]:
        return text != TARGET.read_text(encoding="utf-8")
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    for kind, count in sorted(Counter(entry["kind"] for entry in rows).items()):
        print(f"{count:5} {kind}")
    print(f"{len(rows):5} rows, {len(SAME_PLACE)} codes of ISO 3166-2 kept as aliases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
