// The passwords that everybody chooses, in small letters, without what stands between words; common_spellings.ts says how else
// they are written. NIST SP 800-63B-4 §3.1.1.2.

/** Of 15 characters or more, those that leaked lists hold most often: of @zxcvbn-ts/language-common 4.1.3 (MIT), which took them from xato's ten million. */
const leaked = `
  111222333444555 122333444455555 1234567887654321 12345678900987654321 1234567890987654321 1234567890qwerty
  12345678987654321 123456789987654321 123456789qwerty 1234qwerasdfzxcv 1qa2ws3ed4rf5tg 1qaz2wsx3edc4rfv
  1qazxsw23edcvfr4 23176djivanfros 420842084208555 aksjdlasdakj89879 bhrh0h2oof6xbqjeh bpgjldsgjldthnf
  hd764nw5d7e1vb1 hd764nw5d7e1vbv lhbjkjubz2957704 lytdybrbdfvgbhf mailcreated5240 momsanaladventure
  ne_e_pod_chehyl nemvxyheqdd5oqxyxyzi nick1234-rem936 passwordassword passwordpassword passwordstandard
  polniypizdec0211 polniypizdec1102 polniypizdec110211 q1w2e3r4t5y6u7i8 q1w2e3r4t5y6u7i8o9p0 qazwsxedcrfvtgb
  qwertasdfgzxcvb qwerty123456789 qwertyuiop12345 zqjphsyf6ctifgu zxcvbnm123456789
`;

/** The shorter ones, which are refused by their length, repeated or with digits about them; the first of the same lists. */
const words = `
  password dragon baseball football monkey letmein shadow master michael mustang superman jordan jennifer killer
  hunter harley buster andrew batman soccer tigger charlie robert sunshine thomas iloveyou ranger daniel hockey
  george computer michelle jessica starwars pepper freedom princess joshua maggie ginger amanda ashley cheese
  nicole summer matthew chelsea dallas biteme matrix william yankees taylor corvette austin access martin heather
  thunder merlin secret diamond hello anthony hammer silver justin patrick richard bailey internet samantha golfer
  scooter orange cookie maverick jackson sparky mickey phoenix bigdog snoopy guitar whatever chicken morgan andrea
  mercedes peanut ferrari cowboy falcon welcome samsung steelers joseph smokey dakota melissa arsenal boomer
  eagles tigers marina nascar booboo porsche yellow monster spider diablo hannah bulldog junior london purple
  lakers cowboys money banana boston brandon tennis johnny miller coffee scooby edward nikita mother yamaha brandy
  barney chester oliver charles player knight forever steven rangers midnight chicago bigdaddy redsox victoria
  badboy angel please fender chris jasper james slayer rabbit natasha rachel marine wizard marlboro raiders prince
  casper fishing flower crystal jasmine adidas winner winter gandalf enter angela golden lauren cocacola winston
  madison angels panther shannon sophie johnson david toyota tiger murphy canada danielle jonathan muffin cooper
  apples jackie dennis black sandra pokemon slipknot carlos scorpion nathan butter startrek rainbow newyork gemini
  cameron florida liverpool turtle nicholas viking wilson sierra doctor rocket victor dolphins captain bandit
  jaguar packers peaches dolphin helpme tiffany maxwell jeremy albert lovers monica united giants nirvana hotdog
  rosebud mountain benjamin warrior stupid elephant success bonnie alexis lucky jason samson freddy driver
  trustno1 fuckyou fuckoff asshole bullshit superstar dragonball spiderman minecraft fortnite naruto ironman
  metallica
  qwerty qwertz azerty qwertyuiop qwertzuiop azertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm yxcvbnm qazwsx qwaszx
  administrator admin root user guest login default changeme temp temppassword newpassword mypassword nopassword
  passw0rd passwd pass test testing demo welcomehome company office spring autumn monday friday january february
  march april june july august september october november december passwort kennwort geheim geheimnis hallo schatz
  sommer herbst fruehling fruhling fussball schalke bayern borussia dortmund hamburg berlin muenchen munchen
  deutschland oesterreich osterreich schweiz ichliebedich meinpasswort meinschatz schatzi sonnenschein weihnachten
  weihnachtsbaum motdepasse contrasena wachtwoord parol
`;

/** Known to whoever guesses. */
const phrases = `
  correcthorsebatterystaple correcthorsebattery batterystaple horsebatterystaple troubador tr0ub4dor
  thequickbrownfox thequickbrownfoxjumps quickbrownfox thequickbrownfoxjumpsoverthelazydog thequickbrownfoxjumped
  quickbrownfoxjumpsoverthelazydog loremipsum loremipsumdolor loremipsumdolorsitamet helloworld hellothere
  hellokitty iloveyouforever iloveyoualways iloveyousomuch iloveyouverymuch iloveyoubaby iloveyoumom iloveyoumum
  iloveyoumore iloveyoutoo iloveyouall iloveme ilovemyself ilovemymom ilovemymum ilovemydad ilovemywife
  ilovemyhusband ilovemykids ilovemyfamily ilovemydog ilovemycat ilovemylife ilovejesus ilovegod ilovemusic
  ilovechocolate iwillalwaysloveyou loveyouforever loveisintheair loveforever alwaysandforever foreverandever
  foreverandalways truelove mylove thisismypassword thisisapassword thisisthepassword thisisasecret thisismysecret
  thisisasecurepassword thisisastrongpassword thisisalongpassword mysecretpassword mypasswordismypassword
  mypasswordis whatismypassword whatisthepassword passwordispassword thepasswordispassword thepassword
  secretpassword supersecretpassword supersecret topsecret strongpassword securepassword safepassword longpassword
  defaultpassword adminpassword administratorpassword adminadministrator rootpassword userpassword testpassword
  guestpassword masterpassword letmeinplease letmeinnow pleaseletmein changethispassword changemeplease
  changemenow passwordpasswordpassword passwordadmin passwordqwerty passwordletmein iforgotmypassword
  iforgotthepassword forgotpassword forgetmenot idontknow idontremember idontcare ihatepasswords ihateyou
  whatthehell whatthefuck fuckthisshit motherfucker trustnoone opensesame abracadabra nothingisimpossible
  impossibleisnothing nevergiveup neversaynever nevergonnagiveyouup nevergonnaletyoudown hakunamatata carpediem
  justdoit yeswecan believeinyourself followyourdreams livelaughlove lifeisbeautiful lifeisgood lifeisshort
  youonlyliveonce tobeornottobe tobeornottobethatisthequestion ithinkthereforeiam onceuponatime happilyeverafter
  happybirthday happybirthdaytoyou happynewyear merrychristmas jinglebells happyhappy twinkletwinklelittlestar
  maryhadalittlelamb humptydumpty rowrowrowyourboat supercalifragilistic supercalifragilisticexpialidocious
  antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis floccinaucinihilipilification
  maytheforcebewithyou maytheforce lukeskywalker lukeiamyourfather iamyourfather darthvader obiwankenobi
  youshallnotpass onering oneringtorulethemall lordoftherings gameofthrones winteriscoming valarmorghulis
  youknownothingjonsnow harrypotter expectopatronum avadakedavra hogwarts thecakeisalie allyourbasearebelongtous
  iseedeadpeople hastalavistababy illbeback houstonwehaveaproblem iamironman iambatman captainamerica
  spongebobsquarepants mickeymouse donaldduck thesimpsons michaeljackson justinbieber linkinpark
  rageagainstthemachine redhotchilipeppers thebeatles ledzeppelin letitbe hotelcalifornia stairwaytoheaven
  bohemianrhapsody wearethechampions dontstopbelieving manchesterunited manchestercity liverpoolfc
  youllneverwalkalone realmadrid fcbarcelona barcelona fcbayernmuenchen fcbayernmunchen borussiadortmund
  newyorkyankees newyorkcity losangeleslakers dallascowboys pittsburghsteelers greenbaypackers newenglandpatriots
  philadelphiaeagles sanfrancisco losangeles unitedstates unitedstatesofamerica unitedkingdom godblessamerica
  godblessyou godisgood godisgreat godislove ingodwetrust jesusislord jesuslovesme jesuslovesyou jesuschrist
  jesusismysavior jesussaves jesusisking thankyoujesus allahuakbar bismillah praisethelord playstation callofduty
  grandtheftauto needforspeed worldofwarcraft leagueoflegends counterstrike finalfantasy chocolatechipcookie
  strawberryshortcake peanutbutter onetwothreefour onetwothree onetwothreefourfive abcdefg einszweidrei
  ichliebedichsosehr ichliebedichueberalles ichliebemeinefamilie ichliebemeinefrau ichliebemeinenmann
  ichliebemeinenhund ichhassedich dasistmeinpasswort dasistgeheim meingeheimespasswort geheimespasswort
  passwortvergessen keineahnung ichweissnicht wasistmeinpasswort herzlichwillkommen allesgutezumgeburtstag
  froheweihnachten sesamoeffnedich sesamoffnedich donaudampfschifffahrt donaudampfschifffahrtsgesellschaft
  donaudampfschifffahrtsgesellschaftskapitaen donaudampfschiffahrtsgesellschaft
  franzjagtimkomplettverwahrlostentaxi franzjagtimkomplettverwahrlostentaxiquerdurchbayern alleswirdgut
  deutschlanddeutschland
`;

export const commonPasswords: ReadonlySet<string> = new Set(`${leaked}${words}${phrases}`.trim().split(/\s+/));
