"""The words that synthetic texts are made of. In WORDS the common ones come first."""


def several(text: str) -> list[str]:
    return text.split()


WORDS = several("""
    digital assets rules trading exchange licence payment notice review market customers services
    accounts banks measure guidance platform operators register transfer report limits owners funds
    authority period penalty tokens providers wallet power mining supervision settlement products
    approval consumers risk requirements disclosure custody stablecoin issuers firms records
    identity reserve interest remittance fees threshold statement consultation hearing court order
    inspection warning website application network energy grid region province draft amendment
    decree circular deadline compliance audit training storage hardware imports duties tariff
    taxation invoice ledger anonymity tracing seizure raid suspects proceeds fraud complaint refund
    insurance collateral lending margin derivative futures broker dealer listing prospectus
    advertising influencer sponsorship lottery kiosk terminal merchant salary pension charity
    donation sandbox pilot prototype interbank archive treasury bond municipal hydropower coal
    geothermal curfew blackout transformer container warehouse customs airport smuggling courier
    passport embassy summit communique memorandum ratification referendum ombudsman arbitration
    bankruptcy liquidator whistleblower moratorium amnesty quota auction cooperative fishery
    observatory lighthouse archipelago monsoon glacier
""")
VERBS = several("""
    restricts limits reviews orders warns licenses supervises suspends permits fines closes adopts
    announces investigates consults amends postpones registers monitors blocks
""")
OBJECTS = several("""
    exchange-accounts mining-sites stablecoin-reserves wallet-providers token-listings
    payment-services custody-rules derivative-trading cross-border-transfers advertising
    peer-to-peer-desks power-supply bank-accounts reporting-duties reserve-audits kiosks
    lending-products issuer-licences customs-checks tax-returns identity-checks data-centres
    retail-sales fund-managers
""")
FIRST = several(
    "North Blue Clear Bright Stone River Open Prime Solar Harbour Cedar Union Nova Peak"
)
SECOND = several("Coin Vault Pay Grid Chain Ledger Swap Block Mint Bridge Wallet Hash Token Market")
PUBLISHERS = several(
    "Herald Courier Gazette Observer Bulletin Monitor Tribune Record Wire Dispatch"
)
LANGUAGES = several("en zh es ru pt de fr ja ko tr id vi ar hi uk pl it nl fa sw")
AUTHORITIES = [
    "local police",
    "an authority that is not named",
    "provincial officials",
    "the competent regulators",
]
BYSTANDERS = ["small traders", "several unnamed companies", "a group of miners", "three suspects"]
REASONS = ["The source says no more.", "Not stated in the source.", "Left open by the source."]
BODIES = {
    "ministry": "Ministry of Digital Affairs",
    "central_bank": "Central Bank",
    "financial_regulator": "Financial Conduct Office",
    "police": "Police",
    "court": "High Court",
    "tax_authority": "Revenue Service",
    "energy_regulator": "Energy Commission",
    "regional_government": "Regional Government",
    "prosecutor": "Prosecution Service",
    "legislature": "Parliament",
}
TYPES = {
    "enforcement_act": several("arrest fine investigate shut_down seize warn"),
    "binding_rule": several("regulate license amend"),
    "administrative_order": several("instruct cut_service restrict_access"),
    "statute": several("legislate repeal"),
    "soft_guidance": several("guide consult plan"),
    "political_statement": several("pledge state_position"),
    "court_decision": several("convict prosecute"),
    "none": several("propose pilot adopt fund"),
}
PLACES = several("""
    CN US CN-NM IN EU RU GB KR JP SG CN-SC SV US-NY BR TR NG HK VN KZ CN-XJ IR DE
""")
